/** One sliding window: at most `limit` in any `windowMs`. */
export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

/** A window that something is counted in. */
export interface CountedWindow extends Limit {
  /** Carries the tenant's id, or the address of strangers. */
  readonly key: string;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** How many stand in the window now. */
  readonly used: number;
  /** Milliseconds until the oldest counted one leaves the window. */
  readonly resetMs: number;
  /** Milliseconds until one more would be allowed; 0 when it was. */
  readonly retryMs: number;
}

export interface Limiter {
  /**
   * Decides and counts in one atomic step over all windows: each has room and it is counted in each, or it is
   * counted in none. Never throws; within 100 ms also when what it counts with is away.
   * @returns the decision of each window, in order; refused as a whole when one is refused.
   */
  take(windows: readonly CountedWindow[]): Promise<readonly LimitDecision[]>;
}

/** What is open at the same time. */
export interface CountedPlaces {
  /** Carries the tenant's id. */
  readonly key: string;
  readonly limit: number;
}

/** A place that is held until it is given back; that of a process which dies is free within 10 s. */
export interface HeldPlace {
  /** Once, however often it is called; never throws. */
  release(): void;
}

/** Counts open connections over all processes. */
export interface ConnectionCounter {
  /**
   * Holds a place in each of these, or in none. Never throws; within 100 ms also when what it counts with is away.
   * @returns the key that has no place left, else what gives them back.
   */
  hold(places: readonly CountedPlaces[]): Promise<HeldPlace | { readonly full: string }>;
}
