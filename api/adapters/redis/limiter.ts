import type { Redis } from "ioredis";
import type { CountedWindow, LimitDecision, Limiter } from "../../core/limits/limiter.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import { createFallbackLog } from "./fallback-log.ts";
import { patienceMs, withPatience } from "./patience.ts";
import { createScript } from "./script.ts";

export interface RedisLimiterOptions {
  /** Decides when Redis doesn't. It counts along, so that an outage opens no second window. */
  readonly fallback: Limiter;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default `miptech:limit:`. */
  readonly prefix?: string | undefined;
}

/**
 * The sliding windows of `takeFromWindows` as one atomic step, by the one clock of Redis. A list for each window
 * holds the microsecond of each counted one, oldest first; the same microsecond may stand in it twice.
 * Numbers are written with %.0f, since Lua's own form of a large one drops digits.
 * Returns for each window whether it has room, how many it holds, and the milliseconds until the oldest leaves and
 * until one more is allowed.
 */
const slidingWindows = createScript(`
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local windows, isAllowed = {}, true
for i, key in ipairs(KEYS) do
  local w = { limit = tonumber(ARGV[2 * i - 1]), ms = tonumber(ARGV[2 * i]) }
  w.oldest = redis.call("LINDEX", key, 0)
  while w.oldest and tonumber(w.oldest) <= now - w.ms * 1000 do
    redis.call("LPOP", key)
    w.oldest = redis.call("LINDEX", key, 0)
  end
  w.used = redis.call("LLEN", key)
  w.hasRoom = w.used < w.limit
  isAllowed = isAllowed and w.hasRoom
  windows[i] = w
end
local reply = {}
for i, key in ipairs(KEYS) do
  local w = windows[i]
  local function left(since) return math.ceil((tonumber(since) + w.ms * 1000 - now) / 1000) end
  if isAllowed then
    redis.call("RPUSH", key, string.format("%.0f", now))
    redis.call("PEXPIRE", key, w.ms + 1)
    w.used, w.oldest = w.used + 1, w.oldest or now
  end
  local retry = 0
  if not w.hasRoom then
    local blocking = w.limit > 0 and redis.call("LINDEX", key, w.used - w.limit) or now
    retry = left(blocking)
  end
  reply[i] = { w.hasRoom and 1 or 0, w.used, w.oldest and left(w.oldest) or 0, retry }
end
return reply
`);

/** The limiter of all processes on one Redis. Never throws, and never takes longer than 100 ms and the fallback. */
export function createRedisLimiter(redis: Redis, options: RedisLimiterOptions): Limiter {
  const { fallback, logger, clock, prefix = "miptech:limit:" } = options;
  const report = createFallbackLog(
    clock,
    logger,
    "Redis did not decide on a limit; this process counts alone",
  );

  return {
    async take(windows) {
      try {
        const decisions = await withPatience(clock, patienceMs, askRedis(redis, prefix, windows));
        if (decisions.every(({ allowed }) => allowed)) await fallback.take(windows);
        return decisions;
      } catch (error) {
        report(error);
        return fallback.take(windows);
      }
    },
  };
}

async function askRedis(
  redis: Redis,
  prefix: string,
  windows: readonly CountedWindow[],
): Promise<LimitDecision[]> {
  const keys = windows.map(({ key }) => prefix + key);
  const args = windows.flatMap(({ limit, windowMs }) => [limit, windowMs]);
  const reply: unknown = await slidingWindows(redis, keys, args);
  if (!Array.isArray(reply) || reply.length !== windows.length) throw wrongShape();
  return reply.map(readDecision);
}

function readDecision(decision: unknown): LimitDecision {
  const [allowed, used, resetMs, retryMs] = Array.isArray(decision) ? decision : [];
  if (typeof used !== "number" || typeof resetMs !== "number" || typeof retryMs !== "number") {
    throw wrongShape();
  }
  return { allowed: allowed === 1, used, resetMs, retryMs };
}

function wrongShape(): Error {
  return new Error("The limiter's script gave an answer of another shape");
}
