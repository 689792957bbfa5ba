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
  /** Ends it: what the process leaves behind is for others. */
  close(): Promise<void>;
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
}

export const defaultLeaseMs = 2000;

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
  let noted = new Set<string>();
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
    // Half a period more than usual: others may be as late.
    const isLate = clock.now() - renewedAt > beatMs + leaseMs / 2;
    renewedAt = began;
    if (isLate || wellSince === Infinity) wellSince = clock.now();
    const isWell = clock.now() - wellSince >= leaseMs;
    if (hasExpired && isWell && deps.mayClaim()) await claim();
  }

  async function lose(): Promise<void> {
    logger.warn({ process }, "This process was taken for dead; it goes on under another name");
    isRegistered = false;
    process = deps.newProcess();
    noted = new Set();
    deps.onLost();
    await register();
  }

  async function claim(): Promise<void> {
    const tenantIds = await store.claimExpired(process);
    if (tenantIds.length > 0) deps.onClaim(tenantIds);
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
  const kept = keep();
  return {
    get isHeld() {
      return isRegistered && clock.now() - renewedAt < leaseMs;
    },
    async ownTurnsOf(tenantId) {
      const [owner, known] = [process, noted];
      if (!isRegistered)
        throw new AppError("SERVICE_UNAVAILABLE", "The server finds its way back", {
          retryAfter: 1,
        });
      if (!known.has(tenantId)) await store.noteTenant(owner, tenantId);
      known.add(tenantId);
      return owner;
    },
    async close() {
      closing.abort();
      await kept;
      if (isRegistered) await store.release(process);
    },
  };
}
