import type { Clock } from "../ports.ts";

/** What waits to be looked at. */
export interface LookQueue<Item> {
  /** Looked at once more; one that waits already keeps its place. */
  add(item: Item): void;
  /** It is not to be looked at any more. */
  delete(item: Item): void;
}

export interface LookQueueOptions<Item> {
  readonly clock: Clock;
  /** Rejects when nobody can tell at the moment: then it is tried again. */
  readonly look: (item: Item) => Promise<unknown>;
  /** Whether the item, of which nobody could tell, still wants to be looked at. */
  readonly isWanted: (item: Item) => boolean;
  /** Told of the first look that failed after one that didn't. */
  readonly onStall: (item: Item, error: unknown) => void;
}

/** Looks under way at a time: what they ask for has fewer connections than that. */
export const maxLooks = 20;
/** After how long it is tried again when a look failed: at first, and at most. */
export const pausesMs = { first: 1000, longest: 15_000 } as const;

/**
 * Looks at items in the order in which they came, a few at a time. When a look fails the others wait: a single one is
 * tried after a pause, twice as long each time, and they go on when it succeeds.
 */
export function createLookQueue<Item>({
  clock,
  look,
  isWanted,
  onStall,
}: LookQueueOptions<Item>): LookQueue<Item> {
  const fresh = new Set<Item>();
  /** Behind the fresh ones: what fails for ever must not keep others from their turn. */
  const failed = new Set<Item>();
  let running = 0;
  /** 0: all is well. */
  let pauseMs = 0;
  let isProbing = false;
  let cancelProbe = () => {};

  function takeFirst(): { readonly item: Item } | undefined {
    for (const waiting of [fresh, failed]) {
      for (const item of waiting) {
        waiting.delete(item);
        return { item };
      }
    }
    return undefined;
  }

  function goOn(): void {
    while (pauseMs === 0 && running < maxLooks) {
      const first = takeFirst();
      if (!first) return;
      void run(first.item);
    }
  }

  /** @returns whether it could be told. */
  async function run(item: Item): Promise<boolean> {
    running += 1;
    try {
      await look(item);
      return true;
    } catch (error) {
      if (isWanted(item) && !fresh.has(item)) failed.add(item);
      if (pauseMs === 0) {
        onStall(item, error);
        pause(pausesMs.first);
      }
      return false;
    } finally {
      running -= 1;
      goOn();
    }
  }

  function pause(ms: number): void {
    pauseMs = ms;
    cancelProbe = clock.after(ms, () => void probe());
    endIdlePause();
  }

  async function probe(): Promise<void> {
    const first = takeFirst();
    if (!first) {
      pauseMs = 0;
      return;
    }
    isProbing = true;
    const isTold = await run(first.item);
    isProbing = false;
    if (!isTold) return pause(Math.min(2 * pauseMs, pausesMs.longest));
    pauseMs = 0;
    goOn();
  }

  /** With nothing left to try there is nothing to wait for. */
  function endIdlePause(): void {
    if (pauseMs === 0 || isProbing || fresh.size + failed.size > 0) return;
    cancelProbe();
    pauseMs = 0;
  }

  return {
    add(item) {
      failed.delete(item);
      fresh.add(item);
      goOn();
    },
    delete(item) {
      fresh.delete(item);
      failed.delete(item);
      endIdlePause();
    },
  };
}
