import { unavailable } from "./errors.ts";

/**
 * Lets so many of a tenant's works run at once and no more: those that wait for a lock of the tenant's hold a connection
 * each, and must not take all of the pool from the others. The rest wait in the order in which they came.
 * @throws AppError SERVICE_UNAVAILABLE when a work's turn doesn't come in time; what `work` throws.
 */
export type TenantShare = <Result>(
  tenantId: string,
  work: () => Promise<Result>,
) => Promise<Result>;

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** @param most that run at once, for each tenant. @param waitMs milliseconds that one waits for its turn at most. */
export function createTenantShare(most: number, waitMs: number): TenantShare {
  const lines = new Map<string, Line>();

  function waitIn({ waiting }: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(
          unavailable(new Error(`A tenant's share of the connections was taken for ${waitMs} ms`)),
        );
      }, waitMs);
      function begin(): void {
        clearTimeout(timer);
        resolve();
      }
      waiting.push(begin);
    });
  }

  return async (tenantId, work) => {
    const line = lines.get(tenantId) ?? { running: 0, waiting: [] };
    lines.set(tenantId, line);
    // Whoever ends hands its place to the next, so that nobody comes between.
    if (line.running >= most) await waitIn(line);
    else line.running += 1;
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else line.running -= 1;
      if (line.running === 0) lines.delete(tenantId);
    }
  };
}
