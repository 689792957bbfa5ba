import type { Clock, Logger } from "../ports.ts";
import { rest } from "./persist.ts";

/** The tenants in which this process looks for turns to take over; each by one look at a time. */
export interface Recoveries {
  /** Looks through these tenants; one that is looked through already is looked through once more. */
  add(tenantIds: readonly string[]): void;
  /** Looks through a tenant after a while: a turn may have been left behind by this process itself. */
  addLater(tenantId: string): void;
  /** Those that are not looked through yet. */
  readonly tenantIds: ReadonlySet<string>;
  /** Waits for the looks under way; to be called when `stopping` has aborted. */
  settle(): Promise<void>;
}

export interface RecoveriesDeps {
  readonly recoverTenant: (tenantId: string) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/** How many tenants are looked through at once. */
const lanes = 8;
const pauseMs = { first: 1000, most: 30_000 };
/** After so long a turn that was saved here runs here, or was left behind. */
export const laterMs = 60_000;

/** Repeats what fails, with growing pauses; one tenant's trouble doesn't keep back the others. */
export function createRecoveries({
  recoverTenant,
  clock,
  logger,
  stopping,
}: RecoveriesDeps): Recoveries {
  const open = new Set<string>();
  /** Those that were added again while they were looked through. */
  const again = new Set<string>();
  const looking = new Set<Promise<void>>();
  const later = new Set<string>();
  const waiting: (() => void)[] = [];
  let free = lanes;

  async function inLane<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  }

  async function look(tenantId: string): Promise<void> {
    let pause = pauseMs.first;
    while (!stopping.aborted) {
      again.delete(tenantId);
      try {
        await inLane(async () => {
          if (!stopping.aborted) await recoverTenant(tenantId);
        });
        if (stopping.aborted || again.has(tenantId)) continue;
        open.delete(tenantId);
        return;
      } catch (error) {
        if (stopping.aborted) return;
        const fields = { err: error, tenant_id: tenantId };
        logger.error(fields, "The unfinished turns of a tenant could not be taken over yet");
      }
      await rest(clock, pause, stopping);
      pause = Math.min(pause * 2, pauseMs.most);
    }
  }

  function add(tenantId: string): void {
    if (open.has(tenantId)) {
      again.add(tenantId);
      return;
    }
    open.add(tenantId);
    const work = look(tenantId).finally(() => looking.delete(work));
    looking.add(work);
  }

  return {
    add: (tenantIds) => tenantIds.forEach(add),
    addLater(tenantId) {
      if (later.has(tenantId)) return;
      later.add(tenantId);
      const work = rest(clock, laterMs, stopping).then(() => {
        if (stopping.aborted) return;
        later.delete(tenantId);
        add(tenantId);
      });
      const tracked = work.finally(() => looking.delete(tracked));
      looking.add(tracked);
    },
    get tenantIds() {
      return new Set([...open, ...later]);
    },
    async settle() {
      while (looking.size > 0) await Promise.all(looking);
    },
  };
}
