import type { Clock } from "../../core/ports.ts";

/** How long a decision on a limit waits for Redis before it is made without. */
export const patienceMs = 100;

/** Rejects when the answer takes longer than `ms`; what comes later is dropped. */
export async function withPatience<T>(clock: Clock, ms: number, answer: Promise<T>): Promise<T> {
  let cancelTimer = () => {};
  const tooLate = new Promise<never>((_resolve, reject) => {
    // Timers run before sockets are read: after a long task the answer may lie there already.
    cancelTimer = clock.after(ms, () => {
      setImmediate(() => reject(new Error(`Redis took longer than ${ms} ms`)));
    });
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    cancelTimer();
  }
}
