/** What a connection has under way: each message until it is handled, a subscription until it has ended. */
export interface Work {
  /** Counts what is under way until it is settled. */
  add(work: Promise<void>): Promise<void>;
  /** Doesn't count one of them until `left` aborts. */
  pause(left: AbortSignal): Promise<void>;
  readonly isDone: boolean;
}

/** @param onDone called each time when nothing is under way any more. */
export function createWork(onDone: () => void): Work {
  let underWay = 0;

  function end(): void {
    underWay -= 1;
    if (underWay === 0) onDone();
  }

  return {
    async add(work) {
      underWay += 1;
      try {
        await work;
      } finally {
        end();
      }
    },
    async pause(left) {
      end();
      if (!left.aborted)
        await new Promise<unknown>((resolve) => {
          left.addEventListener("abort", resolve, { once: true });
        });
      underWay += 1;
    },
    get isDone() {
      return underWay === 0;
    },
  };
}
