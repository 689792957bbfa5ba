import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { reasonOf } from "./reason.ts";

/** Runs one Lua script as one atomic step. @throws Error also when it isn't known whether it ran. */
export type Script = (
  redis: Redis,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A script that is sent by its hash, and in full where Redis doesn't know it. */
export function createScript(text: string): Script {
  const hash = createHash("sha1").update(text).digest("hex");
  return (redis, keys, args) => {
    const all = [keys.length, ...keys, ...args] as const;
    return redis.evalsha(hash, ...all).catch((error: unknown) => {
      if (reasonOf(error).startsWith("NOSCRIPT")) return redis.eval(text, ...all);
      throw error;
    });
  };
}
