import type { Clock } from "../core/ports.ts";

/** A comment goes out when nothing else did for so long, so that no one between us takes the stream for dead. */
export const heartbeatMs = 15_000;
/** How long a reader may take nothing of what was sent before it is cut. */
export const stuckMs = 30_000;

const encoder = new TextEncoder();
const heartbeat = encoder.encode(": keep-alive\n\n");

export interface EventStreamOptions {
  /** Makes the blocks to send; its signal aborts when the reader leaves. It handles its own errors. */
  readonly produce: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>;
  readonly clock: Clock;
  /** Called when the reader is stuck. */
  readonly onStuck: () => void;
  /** Told of what the producer did not handle. */
  readonly onFault?: (error: unknown) => void;
}

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the stream is over and its producer has cleaned up. */
  readonly ended: Promise<void>;
}

/**
 * The body of a server-sent event stream. It is pulled: the next event is only made when the last
 * one has left for the socket, so a slow reader costs no memory.
 */
export function createEventStream({
  produce,
  clock,
  onStuck,
  onFault = () => undefined,
}: EventStreamOptions): EventStream {
  const leaving = new AbortController();
  const source = createInbox(produce(leaving.signal));
  const ended = Promise.withResolvers<void>();
  let cancelWatchdog = () => {};

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        cancelWatchdog();
        const next = await source.next(clock).catch((error: unknown) => {
          ended.resolve();
          onFault(error);
          // Without its cause: whoever serves the stream prints what it ends with.
          throw new Error("The stream broke off");
        });
        if (leaving.signal.aborted) return;
        if (next.done) {
          controller.close();
          ended.resolve();
          return;
        }
        controller.enqueue(next.value);
        cancelWatchdog = clock.after(stuckMs, onStuck);
      },
      async cancel() {
        cancelWatchdog();
        leaving.abort();
        try {
          await source.close();
        } finally {
          ended.resolve();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { body, ended: ended.promise };
}

/** A block of fields in their order, as its bytes. No value may have a line break. */
export function encodeBlock(fields: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts = Object.entries(fields).flatMap(([name, value]) => [`${name}: `, value, "\n"]);
  return Buffer.concat([...parts, "\n"].map((part) => Buffer.from(part)));
}

/** A generator that can be waited for with a limit: what comes later is there at the next call. */
function createInbox(generator: AsyncGenerator<Uint8Array, void, undefined>) {
  let asked = false;
  let arrived: (() => IteratorResult<Uint8Array, void>) | undefined;
  let wake = () => {};

  function arrive(outcome: () => IteratorResult<Uint8Array, void>): void {
    arrived = outcome;
    wake();
  }

  function ask(): void {
    asked = true;
    generator.next().then(
      (result) => arrive(() => result),
      (error: unknown) =>
        arrive(() => {
          throw error;
        }),
    );
  }

  return {
    /** The next block, or a heartbeat when there is none for a while. */
    async next(clock: Clock): Promise<IteratorResult<Uint8Array, void>> {
      if (!asked) ask();
      if (!arrived) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const cancelTimer = clock.after(heartbeatMs, resolve);
        await promise;
        cancelTimer();
      }
      if (!arrived) return { done: false, value: heartbeat };
      const outcome = arrived;
      arrived = undefined;
      asked = false;
      return outcome();
    },
    close: () => generator.return(),
  };
}
