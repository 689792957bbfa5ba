import type { Redis } from "ioredis";

/** What a process holds of one key, and how much all may hold together. */
export interface CountedHold {
  readonly key: string;
  readonly limit: number;
  /** By this process, as far as it knows. */
  readonly held: number;
}

export interface OwnCount {
  readonly key: string;
  readonly held: number;
}

/**
 * The counts of all processes as they stand in Redis: a hash of process → count for each key, and for all processes
 * the moment of their last sign of life. Each method is one atomic step, and all are carried out in the order of
 * their calls. @throws Error also when it isn't known whether a step was carried out.
 */
export interface ConnectionCounts {
  /** Adds one to each, or to none: then says which is full. */
  take(holds: readonly CountedHold[]): Promise<Seen & { readonly full: string | undefined }>;
  /** Takes one off each; `held` is what the process has left. */
  giveBack(counts: readonly OwnCount[]): Promise<Seen>;
  /** Sets the own counts to what they are. */
  write(counts: readonly OwnCount[]): Promise<Seen>;
  /** Takes the process away with all its counts. */
  leave(keys: readonly string[]): Promise<void>;
  /** From here on this is another process, of which Redis has no counts; those of the old one go with time. */
  startAnew(): void;
}

export interface Seen {
  /** Whether Redis still knew this process: where it didn't, its counts may be gone. */
  readonly isKnown: boolean;
}

/** How long a process counts after its last sign of life. */
const lifetimeMs = 5000;
/**
 * How long the counts of a process are kept after its last sign of life: should it come back, they count again. Each
 * key is written anew more often than this as long as anything is held of it.
 */
export const keepMs = 60_000;

/** Notes the sign of life, by the one clock of Redis. */
const prelude = `
local alive, process, lifetime, keep = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function ageOf(name)
  local seen = redis.call("ZSCORE", alive, name)
  return seen and now - tonumber(seen)
end
local age = ageOf(process)
local isKnown = age and age < lifetime and 1 or 0
redis.call("ZADD", alive, string.format("%.0f", now), process)
redis.call("PEXPIRE", alive, keep)
local function write(key, count)
  if count <= 0 then return redis.call("HDEL", key, process) end
  redis.call("HSET", key, process, count)
  redis.call("PEXPIRE", key, keep)
end
`;

/**
 * The own count is at least what the process knows that it holds, whatever Redis has lost. Who is silent is only left
 * out: when Redis itself stood still, all seem so, and their signs of life are behind this step.
 */
const takeScript = `${prelude}
local own, full = {}, 0
for i = 2, #KEYS do
  local limit, others = tonumber(ARGV[2 * i]), 0
  own[i] = tonumber(ARGV[2 * i + 1])
  local fields = redis.call("HGETALL", KEYS[i])
  for j = 1, #fields, 2 do
    local name, count = fields[j], tonumber(fields[j + 1])
    local silence = name ~= process and ageOf(name)
    if name == process then own[i] = math.max(own[i], count)
    elseif not silence or silence > keep then redis.call("HDEL", KEYS[i], name)
    elseif silence < lifetime then others = others + count end
  end
  if full == 0 and others + own[i] >= limit then full = i end
end
for i = 2, #KEYS do write(KEYS[i], own[i] + (full == 0 and 1 or 0)) end
return { isKnown, full }
`;

const giveBackScript = `${prelude}
for i = 2, #KEYS do
  local count = tonumber(redis.call("HGET", KEYS[i], process)) or 0
  write(KEYS[i], math.max(count - 1, tonumber(ARGV[i + 2])))
end
return { isKnown }
`;

const writeScript = `${prelude}
redis.call("ZREMRANGEBYSCORE", alive, "-inf", string.format("%.0f", now - keep))
for i = 2, #KEYS do write(KEYS[i], tonumber(ARGV[i + 2])) end
return { isKnown }
`;

const leaveScript = `
for i = 2, #KEYS do redis.call("HDEL", KEYS[i], ARGV[1]) end
redis.call("ZREM", KEYS[1], ARGV[1])
`;

export function openConnectionCounts(redis: Redis, prefix: string): ConnectionCounts {
  let processId = crypto.randomUUID();

  // In full each time: a script that is sent again, since Redis didn't know its hash, would come out of order.
  function run(script: string, names: readonly string[], args: readonly number[] = []) {
    const keys = [`${prefix}processes`, ...names.map((name) => `${prefix}of:${name}`)];
    return redis.eval(script, keys.length, ...keys, processId, lifetimeMs, keepMs, ...args);
  }
  const namesOf = (counts: readonly OwnCount[]) => counts.map(({ key }) => key);
  const heldOf = (counts: readonly OwnCount[]) => counts.map(({ held }) => held);

  return {
    async take(holds) {
      const args = holds.flatMap(({ limit, held }) => [limit, held]);
      const [isKnown, full] = readReply(await run(takeScript, namesOf(holds), args));
      return { isKnown: isKnown === 1, full: full ? holds[full - 2]?.key : undefined };
    },
    async giveBack(counts) {
      const [isKnown] = readReply(await run(giveBackScript, namesOf(counts), heldOf(counts)));
      return { isKnown: isKnown === 1 };
    },
    async write(counts) {
      const [isKnown] = readReply(await run(writeScript, namesOf(counts), heldOf(counts)));
      return { isKnown: isKnown === 1 };
    },
    async leave(keys) {
      await run(leaveScript, keys);
    },
    startAnew() {
      processId = crypto.randomUUID();
    },
  };
}

function readReply(reply: unknown): number[] {
  if (Array.isArray(reply) && reply.every((part) => typeof part === "number")) return reply;
  throw new Error("A script of the connection counter gave an answer of another shape");
}
