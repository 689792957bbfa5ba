import { formatPlace } from "../core/turns/chat-place.ts";
import { toAppError, type AppError } from "../core/errors.ts";
import { reconnectFrame } from "../core/restart.ts";
import type { ChatFrame } from "../core/turns/chat-frame.ts";
import { encodeTurnEvent } from "../core/turns/event-bytes.ts";
import type { TurnEvent, TurnRef } from "../core/turns/turn-event.ts";
import type { RestDeps } from "./deps.ts";
import type { HttpContext } from "./env.ts";
import { createEventStream, encodeBlock } from "./event-stream.ts";
import type { StreamAccess } from "./stream-access.ts";

export interface PlacedEvent {
  readonly turn: TurnRef;
  readonly event: TurnEvent;
}

export const streamHeaders = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  // Said to nginx, which would else hold the events back.
  "X-Accel-Buffering": "no",
};

/** Milliseconds after which a client that lost the stream comes back. */
const retryMs = "1000";

export interface TurnSource {
  readonly read: (signal: AbortSignal) => AsyncIterable<PlacedEvent>;
  /** True for the turns of a chat, which follow one another for as long as the server is up. */
  readonly isEndless: boolean;
}

type StreamDeps = Pick<RestDeps, "reader" | "logger" | "stopping" | "draining">;

/** Answers with the events of turns, as streamBlocks. */
export function streamTurns(
  c: HttpContext,
  deps: StreamDeps,
  access: StreamAccess,
  { read, isEndless }: TurnSource,
): Response {
  const encode = async function* (signal: AbortSignal): BlockGenerator {
    return (yield* encodeTurns(read(signal))) && !isEndless;
  };
  return streamBlocks(c, deps, access, { encode, isEndless });
}

/** The same with what happens in a chat, until it is deleted. */
export function streamChat(
  c: HttpContext,
  deps: StreamDeps,
  access: StreamAccess,
  read: (signal: AbortSignal) => AsyncIterable<ChatFrame>,
): Response {
  const encode = (signal: AbortSignal) => encodeFrames(read(signal));
  return streamBlocks(c, deps, access, { encode, isEndless: true });
}

/** Returns true when nothing more will ever follow. */
type BlockGenerator = AsyncGenerator<Uint8Array, boolean, undefined>;

interface BlockSource {
  readonly encode: (signal: AbortSignal) => BlockGenerator;
  readonly isEndless: boolean;
}

/**
 * Answers with events as a stream of server-sent events. The turns go on when the reader
 * leaves. An error in mid-stream becomes an `error` event, and the stream ends, and so does what ends since its
 * caller may no longer read; one that ends since the server restarts ends with a `reconnect` event.
 * @param access is closed with the stream.
 */
function streamBlocks(
  c: HttpContext,
  deps: StreamDeps,
  access: StreamAccess,
  { encode, isEndless }: BlockSource,
): Response {
  const { reader, logger, stopping } = deps;
  const { requestId, tenant } = c.var;

  async function* produce(left: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const signal = AbortSignal.any([left, access.signal, stopping]);
    yield encodeBlock({ retry: retryMs });
    let isOver = false;
    try {
      isOver = yield* encode(signal);
    } catch (cause) {
      if (!signal.aborted) return yield encodeError(explain(cause));
    }
    if (isOver || left.aborted) return;
    if (access.reason) return yield encodeError(access.reason);
    const isRestart = stopping.aborted || (isEndless && deps.draining.aborted);
    if (isRestart) yield reconnectBlock;
  }

  function explain(cause: unknown): AppError {
    const error = toAppError(cause, "PROCESSING_ERROR");
    if (error.status >= 500) {
      const fields = { err: cause, request_id: requestId, tenant_id: tenant?.id };
      logger.error(fields, "A stream failed");
    }
    return error;
  }

  const { body, ended } = createEventStream({
    produce,
    clock: reader.clock,
    onStuck: () => c.env.cut?.(),
    onFault: (error) => logger.error({ err: error, request_id: requestId }, "A stream broke off"),
  });
  void ended.then(access.close);
  c.set("streamEnd", ended);
  return c.body(body, 200, streamHeaders);
}

export function encodeError({ code, message }: AppError): Uint8Array {
  const data = JSON.stringify({ type: "error", data: { message, error_code: code } });
  return encodeBlock({ event: "error", data });
}

const reconnectBlock = encodeBlock({
  event: reconnectFrame.type,
  data: JSON.stringify(reconnectFrame),
});

/** An `error` event of a turn is none of the stream: it has an id. Returns true when the chat was deleted. */
async function* encodeFrames(frames: AsyncIterable<ChatFrame>): BlockGenerator {
  let isOver = false;
  for await (const frame of frames) {
    isOver = frame.type === "chat_deleted";
    const data = JSON.stringify(frame);
    yield encodeBlock({ id: frame.data.place, event: frame.type, data });
  }
  return isOver;
}

/** Returns true when the last event was the end of its turn. */
async function* encodeTurns(events: AsyncIterable<PlacedEvent>): BlockGenerator {
  // Of the present message and attempt: both begin with a start event.
  let chunks = 0;
  let isOver = false;
  for await (const { turn, event } of events) {
    if (event.type === "start") chunks = 0;
    if (event.type === "chunk") chunks += 1;
    isOver = event.type === "end";
    yield encodeEvent(turn, event, chunks);
  }
  return isOver;
}

/** The event of each frame of a published piece, which all readers of the piece share. */
const shared = new WeakMap<Uint8Array, Uint8Array>();

function encodeEvent(turn: TurnRef, event: TurnEvent, chunks: number): Uint8Array {
  const frame = encodeTurnEvent(turn, event, chunks);
  let block = shared.get(frame);
  if (!block) {
    const id = formatPlace(turn.messageId, event.cursor);
    block = encodeBlock({ id, event: frameType(event), data: frame });
    shared.set(frame, block);
  }
  return block;
}

/** The `type` of the frame that an event becomes. */
function frameType(event: TurnEvent): string {
  if (event.type === "start") return "response_start";
  if (event.type === "chunk") return "response_chunk";
  return event.ending.type === "error" ? "error" : "response_complete";
}
