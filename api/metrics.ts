import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { TurnFinish } from "./core/turns/turn-store.ts";

/**
 * What Prometheus reads at /metrics. Labels stay few: a route is a pattern, and tenants, whose number
 * has no bound, are left out (their usage stands in the analytics).
 */
export interface Metrics {
  readonly requestEnded: (request: EndedRequest) => void;
  /** Told of each turn that ended in this process. */
  readonly turnEnded: (finish: TurnFinish) => void;
  /** A WebSocket connection. */
  readonly connectionOpened: () => void;
  readonly connectionClosed: () => void;
  /** The text format of Prometheus, version 0.0.4. */
  readonly print: () => Promise<string>;
}

export interface EndedRequest {
  readonly method: string;
  /** The pattern, such as `/api/v1/chat/:chat_id`. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const turnBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120];
const knownMethods = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);

/** @param turnsUnderWay read whenever the metrics are printed. */
export function createMetrics(turnsUnderWay: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({
    name: "miptech_http_requests_total",
    help: "HTTP requests that were answered.",
    labelNames,
    registers,
  });
  const requestSeconds = new Histogram({
    name: "miptech_http_request_duration_seconds",
    help: "Time from a request's arrival to the end of its answer, streams included.",
    labelNames: ["method", "route"],
    buckets: requestBuckets,
    registers,
  });
  const connections = new Gauge({
    name: "miptech_websocket_connections",
    help: "Open WebSocket connections.",
    registers,
  });
  const turnEnded = createTurnMetrics(registry, turnsUnderWay);

  return {
    requestEnded({ method, route, status, seconds }) {
      const known = knownMethods.has(method) ? method : "OTHER";
      requests.inc({ method: known, route, status });
      requestSeconds.observe({ method: known, route }, seconds);
    },
    turnEnded,
    connectionOpened: () => connections.inc(),
    connectionClosed: () => connections.dec(),
    print: () => registry.metrics(),
  };
}

function createTurnMetrics(registry: Registry, turnsUnderWay: () => number) {
  const registers = [registry];
  const turns = new Counter({
    name: "miptech_turns_total",
    help: "Turns by how they ended: a finish reason, or error.",
    labelNames: ["outcome"],
    registers,
  });
  const turnSeconds = new Histogram({
    name: "miptech_turn_duration_seconds",
    help: "Time from a question's arrival to the end of its answer.",
    buckets: turnBuckets,
    registers,
  });
  const firstChunkSeconds = new Histogram({
    name: "miptech_turn_first_chunk_seconds",
    help: "Time from a question's arrival to the first piece of its answer.",
    buckets: turnBuckets,
    registers,
  });
  const tokens = new Counter({
    name: "miptech_tokens_total",
    help: "Tokens of the turns that ended.",
    labelNames: ["kind"],
    registers,
  });
  const dollars = new Counter({
    name: "miptech_cost_dollars_total",
    help: "Estimated cost of the turns that ended, in US dollars.",
    registers,
  });
  new Gauge({
    name: "miptech_turns_under_way",
    help: "Turns that run or wait in this process.",
    registers,
    collect() {
      this.set(turnsUnderWay());
    },
  });

  return ({ ending, timing }: TurnFinish): void => {
    turns.inc({ outcome: ending.type === "error" ? "error" : ending.finishReason });
    turnSeconds.observe(timing.totalMs / 1000);
    if (timing.firstChunkMs !== null) firstChunkSeconds.observe(timing.firstChunkMs / 1000);
    tokens.inc({ kind: "prompt" }, ending.usage.promptTokens);
    tokens.inc({ kind: "completion" }, ending.usage.completionTokens);
    dollars.inc(ending.usage.cost);
  };
}
