import { AppError } from "../errors.ts";
import type { Clock, Logger } from "../ports.ts";
import type { LeaseStore } from "./lease-store.ts";
import { rest } from "./persist.ts";

/** What this process holds for as long as others know that it lives. */
export interface Lease {
  /** Whether it has surely not run out. */
  readonly isHeld: boolean;
  /**
   * To be called before a turn of the tenant is saved or taken over.
   * @returns this process as the turn's owner; another one after it was taken for dead.
   * @throws AppError SERVICE_UNAVAILABLE
   */
  ownTurnsOf(tenantId: string): Promise<string>;
  /** Ends it: what the process leaves behind, in these tenants, is for others. */
  close(left: readonly string[]): Promise<void>;
}

export interface LeaseDeps {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newProcess: () => string;
  /** True where no other process can live: what is left behind is claimed at once. */
  readonly isAlone: boolean;
  /** Without being renewed it runs out after so many milliseconds; it is renewed four times as often. */
  readonly leaseMs: number;
  /** The process was taken for dead: its turns are no longer its own. */
  readonly onLost: () => void;
  /** A process has died that had turns of these tenants. */
  readonly onClaim: (tenantIds: readonly string[]) => void;
  /** Whether this process takes over what others leave behind. */
  readonly mayClaim: () => boolean;
  /** Whether the process has nothing under way for the tenant. */
  readonly isIdle: (tenantId: string) => boolean;
}

export const defaultLeaseMs = 2000;
/** A tenant that was idle for so long is looked through no more when the process dies. */
export const idleMs = 300_000;
/** No save takes longer. */
const recentMs = 60_000;

/**
 * Begins a lease and renews it. A lease that has run out is claimed only after a whole period in which
 * this process could renew its own in time: an outage of the store must not look like everyone's death.
 * @throws what the store throws when the first lease can't be begun.
 */
export async function openLease(deps: LeaseDeps): Promise<Lease> {
  const { store, clock, logger, leaseMs } = deps;
  const beatMs = leaseMs / 4;
  const closing = new AbortController();
  let process = deps.newProcess();
  let renewedAt = clock.now();
  let wellSince = renewedAt;
  let isRegistered = false;
  /** The tenants that are noted for this process, and since when nobody asked for them; longest first. */
  let noted = new Map<string, number>();
  const forgetting = new Map<string, Promise<void>>();
  let isWarned = false;

  async function register(): Promise<void> {
    const began = clock.now();
    await store.register(process, leaseMs);
    [renewedAt, isRegistered] = [began, true];
    wellSince = clock.now();
  }

  async function renew(): Promise<void> {
    const began = clock.now();
    const { isHeld, hasExpired } = await store.renew(process, leaseMs);
    if (!isHeld) return lose();
    // Half a period more than usual: others may be as late. A clock that was set back counts the same.
    const now = clock.now();
    const isLate = now < renewedAt || now - renewedAt > beatMs + leaseMs / 2;
    renewedAt = began;
    if (isLate || now < wellSince) wellSince = now;
    const isWell = now - wellSince >= leaseMs;
    if (hasExpired && isWell && deps.mayClaim()) await claim();
    else forgetIdle(now);
  }

  async function lose(): Promise<void> {
    logger.warn({ process }, "This process was taken for dead; it goes on under another name");
    isRegistered = false;
    process = deps.newProcess();
    noted = new Map();
    deps.onLost();
    await register();
  }

  async function claim(): Promise<void> {
    const tenantIds = await store.claimExpired(process);
    for (const tenantId of tenantIds) use(tenantId);
    if (tenantIds.length > 0) deps.onClaim(tenantIds);
  }

  function use(tenantId: string): void {
    noted.delete(tenantId);
    noted.set(tenantId, clock.now());
  }

  /** Lets go of one tenant at a time; who needs it meanwhile waits, and notes it anew. */
  function forgetIdle(now: number): void {
    const [oldest] = noted;
    if (!oldest || Math.abs(now - oldest[1]) < idleMs) return;
    const [tenantId] = oldest;
    if (!deps.isIdle(tenantId)) return use(tenantId);
    noted.delete(tenantId);
    const forgotten = store.forgetTenant(process, tenantId).catch((error: unknown) => {
      // Then it is looked through once more than needed.
      logger.debug({ err: error, tenant_id: tenantId }, "A tenant is still noted");
    });
    forgetting.set(tenantId, forgotten);
    void forgotten.finally(() => forgetting.delete(tenantId));
  }

  async function beat(): Promise<void> {
    try {
      await (isRegistered ? renew() : register());
      isWarned = false;
    } catch (error) {
      wellSince = Infinity;
      if (!isWarned) logger.warn({ err: error }, "The lease of this process could not be renewed");
      isWarned = true;
    }
  }

  async function keep(): Promise<void> {
    for (;;) {
      await rest(clock, beatMs, closing.signal);
      if (closing.signal.aborted) return;
      await beat();
    }
  }

  await register();
  if (deps.isAlone) wellSince = -Infinity;
  const keeping = keep();
  return {
    get isHeld() {
      const age = clock.now() - renewedAt;
      return isRegistered && age >= 0 && age < leaseMs;
    },
    async ownTurnsOf(tenantId) {
      await forgetting.get(tenantId);
      const owner = process;
      if (!isRegistered)
        throw new AppError("SERVICE_UNAVAILABLE", "The server finds its way back", {
          retryAfter: 1,
        });
      if (!noted.has(tenantId)) await store.noteTenant(owner, tenantId);
      if (owner === process) use(tenantId);
      return owner;
    },
    async close(left) {
      closing.abort();
      await keeping;
      // A turn may have been saved a moment ago that nobody here knows of yet.
      const recent = [...noted].filter(([, at]) => Math.abs(clock.now() - at) < recentMs);
      const kept = new Set([...left, ...recent.map(([tenantId]) => tenantId)]);
      if (!isRegistered) return;
      await store.release(process, [...kept]).catch((error: unknown) => {
        logger.warn({ err: error, process }, "The lease could not be ended: it will run out");
      });
    },
  };
}
