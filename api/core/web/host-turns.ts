import type { Clock } from "../ports.ts";

/** Lets one request at a time go to each host, with a pause behind it. Within this process. */
export interface HostTurns {
  /**
   * Runs `work` when its turn has come. @param pauseMs until the host's next one; left out, the usual pause.
   * @throws what `work` throws; the signal's reason when it aborts before
   */
  run<Result>(
    origin: string,
    pauseMs: number | undefined,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result>;
}

export function createHostTurns(clock: Clock, usualPauseMs: number): HostTurns {
  /** What the next one waits for, by host. */
  const lasts = new Map<string, Promise<void>>();

  return {
    async run(origin, pauseMs = usualPauseMs, signal, work) {
      // http and https are two doors of one host.
      const host = new URL(origin).hostname;
      const before = lasts.get(host);
      const own = Promise.withResolvers<void>();
      const end = Promise.all([before, own.promise]).then(() => undefined);
      lasts.set(host, end);
      const leave = () => {
        own.resolve();
        void end.then(() => lasts.get(host) === end && lasts.delete(host));
      };
      try {
        await orAborted(before, signal);
      } catch (error) {
        leave();
        throw error;
      }
      try {
        return await work();
      } finally {
        if (pauseMs > 0) clock.after(pauseMs, leave);
        else leave();
      }
    },
  };
}

function orAborted(wait: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    void (wait ?? Promise.resolve()).then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
