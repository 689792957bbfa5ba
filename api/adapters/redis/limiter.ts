import type { Redis } from "ioredis";
import type { Clock, Limit, LimitDecision, Limiter, Logger } from "../../core/ports.ts";
import { reasonOf } from "./reason.ts";
import { withPatience } from "./patience.ts";
import { createScript } from "./script.ts";

export interface RedisLimiterOptions {
  /** Decides when Redis doesn't. It counts along, so that an outage opens no second window. */
  readonly fallback: Limiter;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default `miptech:limit:`. */
  readonly prefix?: string | undefined;
}

const patienceMs = 100;
const logEveryMs = 1000;

/**
 * The sliding window of `takeFromWindow` as one atomic step, by the one clock of Redis. A list holds
 * the microsecond of each counted one, oldest first; the same microsecond may stand in it twice.
 * Numbers are written with %.0f, since Lua's own form of a large one drops digits.
 * Returns allowed, used, and the milliseconds until the oldest leaves and until one more is allowed.
 */
const slidingWindow = createScript(`
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local oldest = redis.call("LINDEX", key, 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call("LPOP", key)
  oldest = redis.call("LINDEX", key, 0)
end
local used = redis.call("LLEN", key)
local function left(since) return math.ceil((tonumber(since) + window - now) / 1000) end
if used < limit then
  redis.call("RPUSH", key, string.format("%.0f", now))
  redis.call("PEXPIRE", key, tonumber(ARGV[2]) + 1)
  return { 1, used + 1, left(oldest or now), 0 }
end
if used == 0 then return { 0, 0, 0, tonumber(ARGV[2]) } end
local blocking = limit > 0 and redis.call("LINDEX", key, used - limit) or now
return { 0, used, left(oldest), left(blocking) }
`);

/** The limiter of all processes on one Redis. Never throws, and never takes longer than 100 ms and the fallback. */
export function createRedisLimiter(redis: Redis, options: RedisLimiterOptions): Limiter {
  const { fallback, logger, clock, prefix = "miptech:limit:" } = options;
  let quietUntil = -Infinity;

  function report(error: unknown): void {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + logEveryMs;
    logger.warn(
      { reason: reasonOf(error) },
      "Redis did not decide on a limit; this process counts alone",
    );
  }

  return {
    async take(key, limit) {
      try {
        const decision = await withPatience(
          clock,
          patienceMs,
          askRedis(redis, prefix + key, limit),
        );
        if (decision.allowed) await fallback.take(key, limit);
        return decision;
      } catch (error) {
        report(error);
        return fallback.take(key, limit);
      }
    },
  };
}

async function askRedis(
  redis: Redis,
  key: string,
  { limit, windowMs }: Limit,
): Promise<LimitDecision> {
  return readReply(await slidingWindow(redis, [key], [limit, windowMs]));
}

function readReply(reply: unknown): LimitDecision {
  const [allowed, used, resetMs, retryMs] = Array.isArray(reply) ? reply : [];
  if (typeof used !== "number" || typeof resetMs !== "number" || typeof retryMs !== "number") {
    throw new Error("The limiter's script gave an answer of another shape");
  }
  return { allowed: allowed === 1, used, resetMs, retryMs };
}
