import type { ConnectionCounter } from "../../core/limits/limiter.ts";

export interface MemoryConnectionCounter extends ConnectionCounter {
  /** How many keys have any place taken. */
  readonly size: number;
}

/** Counts the open connections of a single process. */
export function createMemoryConnectionCounter(): MemoryConnectionCounter {
  const held = new Map<string, number>();

  function add(key: string, change: 1 | -1): void {
    const count = (held.get(key) ?? 0) + change;
    if (count > 0) held.set(key, count);
    else held.delete(key);
  }

  return {
    async hold(places) {
      const full = places.find(({ key, limit }) => (held.get(key) ?? 0) >= limit);
      if (full) return { full: full.key };
      for (const { key } of places) add(key, 1);
      let isHeld = true;
      return {
        release() {
          if (isHeld) for (const { key } of places) add(key, -1);
          isHeld = false;
        },
      };
    },
    get size() {
      return held.size;
    },
  };
}
