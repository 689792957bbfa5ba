/**
 * Which processes live, by one clock: the store's. Each has a lease that it renews; one whose lease has
 * run out is taken for dead, and another process claims what it has left behind.
 */
export interface LeaseStore {
  /** Begins the lease of a new process. */
  register(process: string, leaseMs: number): Promise<void>;
  /** Renews it from now on. */
  renew(process: string, leaseMs: number): Promise<Renewal>;
  /** Remembers, for the case of its death, that the process has turns of that tenant. Safe to repeat. */
  noteTenant(process: string, tenantId: string): Promise<void>;
  /**
   * Ends the leases that have run out, in one step, and remembers their tenants for `process` in their place.
   * @returns those tenants' ids; each dead process goes to one claimer.
   */
  claimExpired(process: string): Promise<string[]>;
  /** The processes that have a lease, also one that has run out and is not claimed. */
  listProcesses(): Promise<string[]>;
  /** Takes back what was noted: the process has no unfinished turn of that tenant. */
  forgetTenant(process: string, tenantId: string): Promise<void>;
  /**
   * Ends the process' own lease: others may claim at once what it leaves behind, which is in these tenants alone.
   */
  release(process: string, tenantIds: readonly string[]): Promise<void>;
}

export interface Renewal {
  /** False when others have taken the process for dead: it has no lease any more. */
  readonly isHeld: boolean;
  /** True when there are leases that have run out. */
  readonly hasExpired: boolean;
}
