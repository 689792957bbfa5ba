/** Wakes whoever waits. Carries no data: a woken reader looks for itself. */
export interface Wake {
  notify(): void;
  /** Resolves at the next `notify`, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createWake(): Wake {
  const waiters = new Set<() => void>();
  return {
    notify() {
      const woken = [...waiters];
      waiters.clear();
      for (const wake of woken) wake();
    },
    wait(signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          waiters.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiters.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
  };
}
