import { formatPlace } from "../core/turns/chat-place.ts";
import { toAppError } from "../core/errors.ts";
import { encodeTurnEvent, type TurnEvent, type TurnRef } from "../core/turns/turn-event.ts";
import type { RestDeps } from "./deps.ts";
import type { HttpContext } from "./env.ts";
import { createEventStream } from "./event-stream.ts";

export interface PlacedEvent {
  readonly turn: TurnRef;
  readonly event: TurnEvent;
}

const headers = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  // Said to nginx, which would else hold the events back.
  "X-Accel-Buffering": "no",
};

/**
 * Answers with the events of turns as a stream of server-sent events. The turns go on when the reader
 * leaves. An error in mid-stream becomes an `error` event, and the stream ends.
 */
export function streamTurns(
  c: HttpContext,
  deps: Pick<RestDeps, "reader" | "logger" | "stopping" | "tenantSignals">,
  read: (signal: AbortSignal) => AsyncIterable<PlacedEvent>,
): Response {
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  const { reader, logger } = deps;
  const { requestId, tenant } = c.var;

  async function* produce(left: AbortSignal): AsyncGenerator<string, void, undefined> {
    const closed = tenant ? [deps.tenantSignals.signalOf(tenant.id)] : [];
    const signal = AbortSignal.any([left, deps.stopping, ...closed]);
    try {
      yield* encodeTurns(read(signal));
    } catch (cause) {
      if (signal.aborted) return;
      const { code, message, status } = toAppError(cause, "PROCESSING_ERROR");
      if (status >= 500)
        logger.error(
          { err: cause, request_id: requestId, tenant_id: tenant?.id },
          "A stream failed",
        );
      yield formatEvent(
        "error",
        JSON.stringify({ type: "error", data: { message, error_code: code } }),
      );
    }
  }

  const { body, ended } = createEventStream({
    produce,
    clock: reader.clock,
    onStuck: () => c.env.cut?.(),
  });
  c.set("streamEnd", ended);
  return c.body(body, 200, headers);
}

async function* encodeTurns(
  events: AsyncIterable<PlacedEvent>,
): AsyncGenerator<string, void, undefined> {
  // Of the present message and attempt: both begin with a start event.
  let chunks = 0;
  for await (const { turn, event } of events) {
    if (event.type === "start") chunks = 0;
    if (event.type === "chunk") chunks += 1;
    const id = formatPlace(turn.messageId, event.cursor);
    yield formatEvent(frameType(event), encodeTurnEvent(turn, event, chunks), id);
  }
}

/** The `type` of the frame that an event becomes. */
function frameType(event: TurnEvent): string {
  if (event.type === "start") return "response_start";
  if (event.type === "chunk") return "response_chunk";
  return event.ending.type === "error" ? "error" : "response_complete";
}

/** @param json on one line, as JSON.stringify makes it. */
function formatEvent(type: string, json: string, id?: string): string {
  const head = id === undefined ? "" : `id: ${id}\n`;
  return `${head}event: ${type}\ndata: ${json}\n\n`;
}
