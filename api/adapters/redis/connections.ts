import type { Redis } from "ioredis";
import type { ConnectionCounter, CountedPlaces, HeldPlace } from "../../core/limits/limiter.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import { createConnectionAccounts } from "./connection-accounts.ts";
import { keepMs, openConnectionCounts, type OwnCount, type Seen } from "./connection-counts.ts";
import { createFallbackLog } from "./fallback-log.ts";
import { patienceMs, withPatience } from "./patience.ts";

export interface RedisConnectionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default `miptech:connections:`. */
  readonly prefix?: string | undefined;
}

export interface RedisConnectionCounter extends ConnectionCounter {
  /** Gives all back that this process holds. Never throws: what Redis doesn't learn is free 5 s later. */
  close(): Promise<void>;
}

/** A sign of life, and the numbers that are not sure. */
const beatMs = 1000;
/** All numbers, so that nothing drifts. */
const rewriteMs = 10_000;
/** Keys in one step: what Redis does meanwhile waits for about a millisecond. */
const maxWritten = 200;

/**
 * Counts open connections over all processes on one Redis. While Redis is away, what this process holds itself
 * decides; it is written down when Redis is back. Places of a process that died are free after 5 s.
 */
export function createRedisConnectionCounter(
  redis: Redis,
  { clock, logger, prefix = "miptech:connections:" }: RedisConnectionsOptions,
): RedisConnectionCounter {
  const counts = openConnectionCounts(redis, prefix);
  const accounts = createConnectionAccounts();
  const report = createFallbackLog(
    clock,
    logger,
    "Redis does not count connections; this process counts its own",
  );
  let cancelBeat: (() => void) | undefined;
  let nextRewrite = clock.now() + rewriteMs;
  let isRewriteDue = false;
  /** Since when no step is answered. */
  let awaySince: number | undefined;
  let isClosed = false;

  /** For as long as there is anything to show. */
  function watch(): void {
    if (!isClosed && accounts.size > 0) cancelBeat ??= clock.after(beatMs, () => void beat());
  }

  async function beat(): Promise<void> {
    isRewriteDue ||= clock.now() >= nextRewrite;
    const isAnswered = isRewriteDue || (await write());
    if (isAnswered && isRewriteDue) await rewrite();
    if (awaySince !== undefined && clock.now() - awaySince > keepMs) startAnew();
    cancelBeat = undefined;
    watch();
  }

  async function rewrite(): Promise<void> {
    nextRewrite = clock.now() + rewriteMs;
    isRewriteDue = false;
    accounts.doubtAll();
    await write();
  }

  /**
   * Writes what is unsure, and be it nothing: then it is a sign of life. Ends with a step that fails.
   * @returns whether none has failed
   */
  async function write(): Promise<boolean> {
    const keys = accounts.unsureKeys();
    for (let start = 0; start === 0 || start < keys.length; start += maxWritten) {
      if (isClosed) return true;
      const own = accounts.due(keys.slice(start, start + maxWritten));
      const seen = await writeStep(own).catch(() => undefined);
      if (!seen) return false;
      isRewriteDue ||= !seen.isKnown;
    }
    return true;
  }

  /** Steps that follow are carried out after it, so what it writes is right at its place. */
  async function writeStep(own: readonly OwnCount[]): Promise<Seen> {
    const keys = own.map(({ key }) => key);
    const answer = follow(counts.write(own));
    accounts.setUnsure(keys, false);
    try {
      return await answer;
    } catch (error) {
      accounts.setUnsure(keys, true);
      watch();
      throw error;
    }
  }

  /**
   * A step that fails may have been carried out, and its answer would have told that Redis had lost all: so all is
   * written at the next chance.
   */
  async function follow<Answer>(step: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await step;
      awaySince = undefined;
      return answer;
    } catch (error) {
      report(error);
      isRewriteDue = true;
      awaySince ??= clock.now();
      throw error;
    }
  }

  /** Nobody counts what Redis still has of this process, so it needn't be set right: else it would pile up here. */
  function startAnew(): void {
    awaySince = clock.now();
    isRewriteDue = true;
    counts.startAnew();
    accounts.dropEmpty();
  }

  /** @param isLate whether it was decided without this answer */
  function end(keys: readonly string[], { isKnown }: Seen, isLate = false): void {
    accounts.end(keys, isLate);
    if (!isKnown) void rewrite();
  }

  function grant(keys: readonly string[]): HeldPlace {
    accounts.change(keys, 1);
    let isHeld = true;
    return {
      release() {
        if (isHeld && !isClosed) giveBack(keys);
        isHeld = false;
      },
    };
  }

  function giveBack(keys: readonly string[]): void {
    accounts.begin(keys);
    accounts.change(keys, -1);
    const left = keys.map((key) => ({ key, held: accounts.heldOf(key) }));
    follow(counts.giveBack(left)).then(
      (seen) => end(keys, seen),
      () => accounts.end(keys, true),
    );
  }

  function decideAlone(places: readonly CountedPlaces[]): HeldPlace | { readonly full: string } {
    const full = places.find(({ key, limit }) => accounts.heldOf(key) >= limit);
    return full ? { full: full.key } : grant(places.map(({ key }) => key));
  }

  return {
    async hold(places) {
      if (isClosed) return decideAlone(places);
      const keys = places.map(({ key }) => key);
      accounts.begin(keys);
      watch();
      const holds = places.map((place) => ({ ...place, held: accounts.heldOf(place.key) }));
      const answer = follow(counts.take(holds));
      try {
        const seen = await withPatience(clock, patienceMs, answer);
        const outcome = seen.full === undefined ? grant(keys) : { full: seen.full };
        end(keys, seen);
        return outcome;
      } catch (error) {
        report(error);
        // Its answer may still come, and what Redis did then differs from what is decided here.
        answer.then(
          (seen) => end(keys, seen, true),
          () => accounts.end(keys, true),
        );
        return decideAlone(places);
      }
    },
    async close() {
      isClosed = true;
      cancelBeat?.();
      await counts.leave(accounts.keys()).catch(report);
    },
  };
}
