import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { TransientKeys } from "../../core/erasure/erasure.ts";
import type { TurnRef } from "../../core/turns/turn-event.ts";
import { createScript } from "./script.ts";

export interface TenantKeysOptions {
  /** What all keys of ours begin with. Default `miptech:`. */
  readonly prefix?: string | undefined;
}

/** No process writes a turn for longer after it was deleted. */
const fenceMs = 600_000;
/** Keys of one step. */
const batchSize = 500;

/** Key of a turn's stream and name of its channel. */
export function turnKey(prefix: string, { tenantId, messageId }: TurnRef): string {
  return `${prefix}{${encodeURIComponent(tenantId)}}:turn:${encodeURIComponent(messageId)}`;
}

/** What keeps the stream of a deleted turn from being made again; it tells nobody whose it was. */
export function fenceKey(prefix: string, { tenantId, messageId }: TurnRef): string {
  const hash = createHash("sha256").update(`${tenantId}/${messageId}`).digest("hex");
  return `${prefix}fence:${hash}`;
}

/** KEYS: streams, and as many fences behind them. ARGV: how long a fence stands. */
const eraseScript = createScript(`
local gone, half = 0, #KEYS / 2
for i = 1, half do
  redis.call("SET", KEYS[half + i], "1", "PX", ARGV[1])
  gone = gone + redis.call("DEL", KEYS[i])
end
return gone
`);

/** What a tenant has in Redis: streams of turns, counts of limits, counts of connections. */
export function createTenantKeys(
  redis: Redis,
  { prefix = "miptech:" }: TenantKeysOptions = {},
): TransientKeys {
  /** Limits are counted under `<kind>:<tenant>` and `<kind>:<tenant>:<whose share>`. */
  function isOf(key: string, tenantId: string, personId: string | undefined): boolean {
    const name = key.slice(prefix.length);
    const [, counted = ""] = /^(?:limit|connections:of):(.*)$/s.exec(name) ?? [];
    const [, counts, , person] = counted.split(":");
    if (personId !== undefined) return counts === tenantId && person === personId;
    return counts === tenantId || name.startsWith(`{${encodeURIComponent(tenantId)}}:`);
  }

  async function forEachKey(
    tenantId: string,
    personId: string | undefined,
    act: (keys: string[]) => Promise<unknown>,
  ): Promise<number> {
    const found = new Set<string>();
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(
        cursor,
        "MATCH",
        `${escape(prefix)}*${tenantId}*`,
        "COUNT",
        batchSize,
      );
      const own = keys.filter((key) => isOf(key, tenantId, personId));
      if (own.length > 0) await act(own);
      for (const key of own) found.add(key);
      cursor = next;
    } while (cursor !== "0");
    return found.size;
  }

  async function forEachBatch(
    turns: readonly TurnRef[],
    act: (turns: readonly TurnRef[]) => Promise<number>,
  ): Promise<number> {
    let count = 0;
    for (let first = 0; first < turns.length; first += batchSize)
      count += await act(turns.slice(first, first + batchSize));
    return count;
  }

  return {
    eraseTurns: (turns) =>
      forEachBatch(turns, async (some) => {
        const keys = some.map((turn) => turnKey(prefix, turn));
        const fences = some.map((turn) => fenceKey(prefix, turn));
        return Number(await eraseScript(redis, [...keys, ...fences], [fenceMs]));
      }),
    countTurns: (turns) =>
      forEachBatch(turns, (some) => redis.exists(...some.map((turn) => turnKey(prefix, turn)))),
    eraseTenant: (tenantId, personId) =>
      forEachKey(tenantId, personId, (keys) => redis.del(...keys)),
    countTenant: (tenantId, personId) => forEachKey(tenantId, personId, async () => undefined),
  };
}

function escape(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, String.raw`\$&`);
}
