import type { Wish } from "../question.ts";
import type { Subject } from "./subjects.ts";
import type { LoadClient } from "./load-client.ts";
import type { WatchedServer } from "./watched-server.ts";

/** Sizes of all measurements. */
export interface Sizes {
  readonly rounds: number;
  /** Tokens of a paced answer. */
  readonly pacedTokens: number;
  /** Turns of each connection in the scenarios of bursts and of short turns. */
  readonly turns: number;
  /** Questions of the measurement of the first piece. */
  readonly questions: number;
  /** Connections that idle. */
  readonly idle: number;
}

export interface Scenario {
  readonly name: string;
  /** What is divided by: tokens or turns. */
  readonly unit: "token" | "turn";
  readonly connections: number;
  readonly turns: number;
  readonly wish: Wish;
  readonly staggerMs: number;
}

export function listScenarios({ pacedTokens, turns }: Sizes): Scenario[] {
  return [
    {
      name: "CPU, model at 50 tokens a second",
      unit: "token",
      connections: 60,
      turns: 1,
      wish: { pace: "paced", tokens: pacedTokens },
      staggerMs: 500,
    },
    {
      name: "CPU, model as fast as it can",
      unit: "token",
      connections: 10,
      turns,
      wish: { pace: "fast", tokens: 1000 },
      staggerMs: 0,
    },
    {
      name: "CPU, answer of 8 tokens",
      unit: "turn",
      connections: 10,
      turns: 4 * turns,
      wish: { pace: "fast", tokens: 8 },
      staggerMs: 0,
    },
  ];
}

/** Of one measurement: microseconds of CPU a unit. */
export interface Cost {
  readonly server: number;
  /** PostgreSQL's; NaN where there is none. */
  readonly database: number;
}

export interface Running {
  readonly subject: Subject;
  readonly server: WatchedServer;
}

/** Runs the scenario's turns on connections that are open already and have a chat. */
export async function measureCost(
  load: LoadClient,
  { subject, server }: Running,
  scenario: Scenario,
): Promise<Cost> {
  const { connections, turns, wish, staggerMs } = scenario;
  await load.run({ do: "open", url: urlOf(subject, server), connections });
  await load.run({ do: "ask", wish: short, turns: 1, staggerMs: 0 });
  const before = await readCpu({ subject, server });
  await load.run({ do: "ask", wish, turns, staggerMs });
  const after = await readCpu({ subject, server });
  await load.run({ do: "close" });
  const units = connections * turns * (scenario.unit === "token" ? wish.tokens : 1);
  return {
    server: (after.server - before.server) / units,
    database: (after.database - before.database) / units,
  };
}

export const short: Wish = { pace: "fast", tokens: 8 };

async function readCpu({ subject, server }: Running) {
  const database = (await subject.databaseCpu?.()) ?? NaN;
  const { cpu = NaN } = await server.ask("cpu");
  return { server: cpu, database };
}

/**
 * The median time to the first piece of text beyond that of the model itself, in milliseconds. Each question through
 * the server stands beside one to the model, so that what else the machine does meanwhile meets both.
 */
export async function measureFirst(
  load: LoadClient,
  { subject, server }: Running,
  modelUrl: string,
  questions: number,
): Promise<number> {
  await load.run({ do: "open", url: urlOf(subject, server), connections: 1 });
  await load.run({ do: "ask", wish: short, turns: 3, staggerMs: 0 });
  await load.run({ do: "ask model", url: modelUrl, wish: short, turns: 3 });
  const added: number[] = [];
  for (let question = 0; question < questions; question += 1) {
    const direct = await load.run({ do: "ask model", url: modelUrl, wish: short, turns: 1 });
    const through = await load.run({ do: "ask", wish: short, turns: 1, staggerMs: 0 });
    added.push(median(through.firstMs) - median(direct.firstMs));
  }
  await load.run({ do: "close" });
  return median(added);
}

/** Bytes that each of many connections adds which say nothing, of a fresh process. */
export async function measureIdle(
  load: LoadClient,
  subject: Subject,
  idle: number,
): Promise<{ readonly rss: number; readonly heap: number }> {
  await using opened = new AsyncDisposableStack();
  const server = await subject.start();
  opened.defer(server.close);
  const url = urlOf(subject, server);
  // What the first connections make once is none of the others' cost; and what the start has freed is filled first.
  const first = idle / 2;
  await load.run({ do: "open", url, connections: 20 });
  await load.run({ do: "ask", wish: short, turns: 1, staggerMs: 0 });
  await load.run({ do: "open", url, connections: first });
  const before = await server.ask("memory");
  await load.run({ do: "open", url, connections: first + idle });
  const after = await server.ask("memory");
  await load.run({ do: "close" });
  const grown = (from = NaN, to = NaN) => (to - from) / idle;
  return { rss: grown(before.rss, after.rss), heap: grown(before.heap, after.heap) };
}

export function urlOf({ path }: Subject, { host }: WatchedServer): string {
  return `ws://${host}${path}`;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}
