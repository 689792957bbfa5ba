import type { Clock } from "../core/ports.ts";

/** How long a reader may take nothing of what was sent before it is cut. */
export const stuckMs = 30_000;

export interface WatchedStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the stream is over and what made it has cleaned up. */
  readonly ended: Promise<void>;
}

/**
 * Passes a stream on as it is pulled, with a watchdog on its reader: a stalled one merely never asks
 * for the next piece, and would hold its place for ever.
 * @param onFault told of what broke the stream off.
 */
export function watchStream(
  source: ReadableStream<Uint8Array>,
  clock: Clock,
  onStuck: () => void,
  onFault: (error: unknown) => void,
): WatchedStream {
  const reader = source.getReader();
  const ended = Promise.withResolvers<void>();
  let cancelWatchdog = () => {};
  let hasLeft = false;

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        cancelWatchdog();
        try {
          const { done, value } = await reader.read();
          if (done) {
            controller.close();
            ended.resolve();
          } else {
            controller.enqueue(value);
            cancelWatchdog = clock.after(stuckMs, onStuck);
          }
        } catch (error) {
          ended.resolve();
          // What was being read when its reader left finds the stream closed.
          if (hasLeft) return;
          onFault(error);
          // Without its cause: whoever serves the stream prints what it ends with.
          throw new Error("The stream broke off");
        }
      },
      async cancel(reason) {
        hasLeft = true;
        cancelWatchdog();
        try {
          await reader.cancel(reason);
        } finally {
          ended.resolve();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { body, ended: ended.promise };
}
