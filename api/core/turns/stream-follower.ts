import type { Clock, Logger } from "../ports.ts";
import type { Cursor } from "./cursor.ts";
import { createLiveTurn, type LiveTurn, type LiveTurnWriter } from "./live-turn.ts";
import { rest } from "./persist.ts";
import type { TurnEvent, TurnRef } from "./turn-event.ts";
import type { TurnStreams } from "./turn-streams.ts";

export interface StreamFollowerDeps {
  readonly streams: TurnStreams;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface StreamFollower {
  readonly live: LiveTurn;
  /** Ends following; its readers are told that nothing more comes from here. */
  close(): void;
  /** Settles when it has let go of everything. */
  readonly closed: Promise<void>;
}

/** How often the stream is looked at without a wake-up, which can be lost. */
export const streamPollMs = 1000;
/** After how much silence the store is asked whether the turn has ended. */
export const storedPollMs = 3000;

/**
 * Follows the stream of a turn that another process runs, into a local log of its own.
 * @param isOver asks the store whether the turn has ended.
 */
export function followStream(
  { streams, clock, logger }: StreamFollowerDeps,
  turn: TurnRef,
  isOver: () => Promise<boolean>,
): StreamFollower {
  const { reader: live, writer } = createLiveTurn(0);
  const closing = new AbortController();
  const name = { tenant_id: turn.tenantId, message_id: turn.messageId };
  let cursor: Cursor | undefined;
  let unwatch: (() => Promise<void>) | undefined;
  /** Between two waits a wake-up must not be lost, so it is remembered. */
  let isAwake = false;
  let wake = () => {};

  /** Of something that may be away for a while: then there is nothing, and it is asked again later. */
  async function attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      logger.debug({ err: error, ...name }, "A turn's stream could not be followed");
      return undefined;
    }
  }

  async function watch(): Promise<void> {
    const onWake = () => {
      isAwake = true;
      wake();
    };
    unwatch ??= await attempt(() => streams.watch(turn, onWake));
  }

  /** True when there was anything. */
  async function readOn(): Promise<boolean> {
    let hasRead = false;
    while (!live.done) {
      const events = (await attempt(() => streams.read(turn, cursor))) ?? [];
      const last = events.at(-1);
      if (!last) return hasRead;
      if (!events.every((event) => place(writer, live, event))) {
        cursor = undefined; // a gap: all of it is read again
        return false;
      }
      cursor = last.cursor;
      hasRead = true;
    }
    return true;
  }

  async function pause(): Promise<void> {
    const over = new AbortController();
    wake = () => over.abort();
    if (isAwake) over.abort();
    await rest(clock, streamPollMs, AbortSignal.any([over.signal, closing.signal]));
    wake = () => {};
  }

  async function run(): Promise<void> {
    let quietSince = clock.now();
    try {
      while (!live.done) {
        await watch();
        isAwake = false;
        if (await readOn()) quietSince = clock.now();
        else if (Math.abs(clock.now() - quietSince) >= storedPollMs) {
          quietSince = clock.now();
          if (await attempt(isOver)) return;
        }
        if (!live.done) await pause();
      }
    } finally {
      writer.abandon();
      await attempt(async () => unwatch?.());
    }
  }

  return {
    live,
    close() {
      writer.abandon();
      closing.abort();
    },
    closed: run(),
  };
}

/** False when the event leaves a gap behind the text that is known. */
function place(writer: LiveTurnWriter, live: LiveTurn, event: TurnEvent): boolean {
  const { attempt, text } = live.view();
  if (event.cursor.attempt < attempt) return true;
  const isLater = event.cursor.attempt > attempt;
  if (isLater) writer.restart(event.cursor.attempt);
  if (event.type === "end") writer.end(event.ending);
  if (event.type !== "chunk") return true;
  const known = isLater ? 0 : text.length;
  const { offset, content } = event.piece;
  if (offset > known) return false;
  writer.append(content.slice(known - offset));
  return true;
}
