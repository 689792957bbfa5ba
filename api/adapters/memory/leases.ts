import { AppError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { LeaseStore } from "../../core/turns/lease-store.ts";

export interface MemoryLeases extends LeaseStore {
  /** Whether the process has a lease, also one that has run out and is not claimed. */
  holds(process: string): boolean;
}

interface Lease {
  expiresAt: number;
  readonly tenantIds: Set<string>;
}

/** The leases of processes that share one memory, by the given clock. */
export function createMemoryLeases(clock: Clock): MemoryLeases {
  const leases = new Map<string, Lease>();
  const findExpired = (process: string) =>
    [...leases].filter(([id, { expiresAt }]) => id !== process && expiresAt <= clock.now());

  function find(process: string): Lease {
    const lease = leases.get(process);
    if (!lease) throw noLease();
    return lease;
  }

  return {
    async register(process, leaseMs) {
      const tenantIds = leases.get(process)?.tenantIds ?? new Set();
      leases.set(process, { expiresAt: clock.now() + leaseMs, tenantIds });
    },
    async renew(process, leaseMs) {
      const lease = leases.get(process);
      if (lease) lease.expiresAt = clock.now() + leaseMs;
      return { isHeld: lease !== undefined, hasExpired: findExpired(process).length > 0 };
    },
    async noteTenant(process, tenantId) {
      find(process).tenantIds.add(tenantId);
    },
    async claimExpired(process) {
      const own = find(process);
      const claimed = new Set<string>();
      for (const [id, { tenantIds }] of findExpired(process)) {
        leases.delete(id);
        for (const tenantId of tenantIds) claimed.add(tenantId);
      }
      for (const tenantId of claimed) own.tenantIds.add(tenantId);
      return [...claimed];
    },
    listProcesses: async () => [...leases.keys()],
    async forgetTenant(process, tenantId) {
      leases.get(process)?.tenantIds.delete(tenantId);
    },
    async release(process, left) {
      const lease = leases.get(process);
      for (const tenantId of lease?.tenantIds ?? [])
        if (!left.includes(tenantId)) lease?.tenantIds.delete(tenantId);
      if (lease?.tenantIds.size === 0) leases.delete(process);
      else if (lease) lease.expiresAt = -Infinity;
    },
    holds: (process) => leases.has(process),
  };
}

/** What is thrown where a process needs a lease and has none. */
export function noLease(): AppError {
  const text = "The service is busy: try again in a moment";
  return new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: 2 });
}
