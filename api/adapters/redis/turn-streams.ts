import type { Clock } from "../../core/ports.ts";
import type { Cursor } from "../../core/turns/cursor.ts";
import type { TurnEvent, TurnRef } from "../../core/turns/turn-event.ts";
import type { Topic, TurnStreams } from "../../core/turns/turn-streams.ts";
import type { RedisConnection } from "./connect.ts";
import { createScript } from "./script.ts";
import { fenceKey } from "./tenant-keys.ts";
import { decodeEntry, encodeEvents, eventField, toStreamId } from "./stream-codec.ts";
import { createWakeUps } from "./wake-ups.ts";

export interface RedisTurnStreamsOptions {
  readonly clock: Clock;
  /** Of keys and channels. Default `miptech:`. */
  readonly prefix?: string | undefined;
  /** How long a turn's stream stays after its last change, in milliseconds. Default 10 minutes. */
  readonly liveMs?: number | undefined;
  /** How long it stays when that was the ending, in milliseconds. Default 60,000. */
  readonly endedMs?: number | undefined;
}

/** How many entries one look fetches at most. */
const partSize = 256;

/**
 * Writes to the stream KEYS[1], whose channel has its name; never where KEYS[2] says that the turn was deleted. ARGV: the attempt; the id at which the
 * stream has to end, empty for a stream that is made anew; how long it stays, in milliseconds; then
 * id and value of each entry. Redis takes ids only above the last, so a lost stream that was begun again
 * in its middle could never be filled; hence the check.
 */
const writeStream = createScript(`
local key, attempt, expected = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local last = redis.call("XREVRANGE", key, "+", "-", "COUNT", 1)[1]
local id = last and last[1]
if redis.call("EXISTS", KEYS[2]) == 1 then return "fenced" end
if id and tonumber(string.match(id, "^%d+")) > attempt then return "fenced" end
if expected == "" then
  redis.call("DEL", key)
elseif id ~= expected then
  return "gap"
end
for index = 4, #ARGV, 2 do
  redis.call("XADD", key, ARGV[index], "${eventField}", ARGV[index + 1])
end
redis.call("PEXPIRE", key, ARGV[3])
redis.call("PUBLISH", key, "1")
return "written"
`);

/**
 * The streams of all processes on one Redis: a Redis Stream a turn, and pub/sub for waking. What Redis
 * doesn't answer within a second is rejected.
 * @param connection the only user of its subscriber.
 */
export function createRedisTurnStreams(
  { redis, subscriber }: Pick<RedisConnection, "redis" | "subscriber">,
  { clock, prefix = "miptech:", liveMs = 600_000, endedMs = 60_000 }: RedisTurnStreamsOptions,
): TurnStreams {
  const wakeUps = createWakeUps({ publisher: redis, subscriber, clock });

  /** Key of a turn's stream and name of its channel, or name of a chat's channel. */
  function nameOf({ tenantId, chatId, messageId }: Topic): string {
    const what = messageId === undefined ? ["chat", chatId] : ["turn", messageId];
    return `${prefix}{${encodeURIComponent(tenantId)}}:${what.map(encodeURIComponent).join(":")}`;
  }

  async function write(
    turn: TurnRef,
    after: Cursor | undefined,
    events: readonly TurnEvent[],
  ): Promise<"written" | "gap" | "fenced"> {
    const last = events.at(-1);
    if (!last) throw new Error("Nothing was given to be written to a stream");
    const expected = after ? toStreamId(after) : "";
    const stayMs = last.type === "end" ? endedMs : liveMs;
    const args = [last.cursor.attempt, expected, stayMs, ...encodeEvents(events, after)];
    const answer = await writeStream(redis, [nameOf(turn), fenceKey(prefix, turn)], args);
    if (answer === "written" || answer === "gap" || answer === "fenced") return answer;
    throw new Error("The script of the turn streams gave an answer of another shape");
  }

  return {
    async append(turn, after, events) {
      const outcome = await write(turn, after, events);
      return outcome === "written" ? "appended" : outcome;
    },
    async replace(turn, events) {
      return (await write(turn, undefined, events)) === "fenced" ? "fenced" : "replaced";
    },
    async read(turn, after) {
      const key = nameOf(turn);
      const from = after ? `(${toStreamId(after)}` : "-";
      const entries = await redis.xrange(key, from, "+", "COUNT", partSize);
      return entries.map((entry) => decodeEntry(key, entry));
    },
    announce: ({ tenantId, chatId }) => wakeUps.publish(nameOf({ tenantId, chatId })),
    async watch(topic, wake) {
      const leave = await wakeUps.watch(nameOf(topic), wake);
      return async () => leave();
    },
  };
}
