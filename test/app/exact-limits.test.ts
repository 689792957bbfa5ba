import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, doors, openRaw, overRest, post } from "../support/callers.ts";
import { insertTenant, type Platform } from "../support/platform.ts";
import { startRedis } from "../support/redis.ts";
import { atBoth, startTwoPlatforms, tally, type TwoPlatforms } from "../support/two-platforms.ts";

/** Two processes on one Redis and one PostgreSQL. */
let both: TwoPlatforms;

beforeAll(async () => {
  both = await startTwoPlatforms();
});

afterAll(() => both?.close());

const noShares = { person_share: 100, address_share: 100 };
/** So many that none is refused for it. */
const manyRequests = { requests_per_minute: 100_000 };

async function makeTenant(limits: object, platform = both.one): Promise<string> {
  const id = `exact-${crypto.randomUUID().slice(0, 8)}`;
  await insertTenant(platform, id, { limits: { concurrent_connections: 1000, ...limits } });
  return id;
}

test("of 500 concurrent requests exactly 70 pass over both processes, whichever door they come to", async () => {
  const id = await makeTenant(noShares);
  const outcomes = await atBoth(both, 500, (platform, n) => {
    const door = doors[(n >> 1) % doors.length] ?? overRest;
    return door(platform, id);
  });
  expect(tally(outcomes)).toEqual({ in: 70, RATE_LIMIT_EXCEEDED: 430 });
});

test("each process knows at once what the other has let through", async () => {
  const id = await makeTenant({ ...noShares, requests_per_minute: 10 });
  for (let n = 0; n < 20; n += 1) expect(await overRest(both.at(n), id)).toBe("in");
  for (let n = 0; n < 4; n += 1) expect(await overRest(both.at(n), id)).toBe("RATE_LIMIT_EXCEEDED");
});

const mutation = `mutation { sendMessage(input: { content: "hello" }) { question { id } } }`;

/** Asks in a new chat. @returns `in`, or why not. */
async function ask({ url }: Platform, id: string): Promise<string> {
  const response = await post(`${url}/graphql`, { "X-Tenant-ID": id }, { query: mutation });
  return codeOf(await response.json());
}

/** Asks so many times at once on one connection. */
async function askOverRaw(platform: Platform, id: string, count: number): Promise<string[]> {
  const client = await openRaw(platform, id);
  if (typeof client === "string") throw new Error(client);
  for (let n = 0; n < count; n += 1) client.send("chat_message", { message: "hello" });
  const outcomes: string[] = [];
  while (outcomes.length < count) {
    const { type, data } = await client.next();
    if (type === "processing") outcomes.push("in");
    if (type === "rate_limit_exceeded") outcomes.push("RATE_LIMIT_EXCEEDED");
    if (type === "error") outcomes.push(data.error_code);
  }
  await client.close();
  return outcomes;
}

async function askAtAll(id: string): Promise<string[]> {
  const [overGraphql, overRaw] = await Promise.all([
    atBoth(both, 60, (platform) => ask(platform, id)),
    atBoth(both, 12, (platform) => askOverRaw(platform, id, 5)),
  ]);
  return [...overGraphql, ...overRaw.flat()];
}

async function countQuestions(id: string): Promise<unknown> {
  const [row] = await both.one.adminSql(
    `select count(*)::int as count from tenant_${id.replaceAll("-", "_")}.chat_messages where role = 'user'`,
  );
  return row;
}

describe("of 120 messages at once", () => {
  test("exactly messages_per_minute pass over both processes", async () => {
    const id = await makeTenant({ ...noShares, ...manyRequests, messages_per_minute: 23 });
    expect(tally(await askAtAll(id))).toEqual({ in: 23, RATE_LIMIT_EXCEEDED: 97 });
    expect(await countQuestions(id)).toEqual({ count: 23 });
  });

  test("exactly messages_per_day pass over both processes", async () => {
    const many = { ...noShares, ...manyRequests, messages_per_minute: 1000 };
    const id = await makeTenant({ ...many, messages_per_day: 17 });
    expect(tally(await askAtAll(id))).toEqual({ in: 17, QUOTA_EXCEEDED: 103 });
    expect(await countQuestions(id)).toEqual({ count: 17 });
  });
});

describe("with Redis killed", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let left: TwoPlatforms;

  beforeAll(async () => {
    redis = await startRedis();
    left = await startTwoPlatforms({ REDIS_URL: redis.url });
  });

  afterAll(async () => {
    await left?.close();
    await redis?.close();
  });

  test("requests and connections are still decided, by each process alone", async () => {
    const id = await makeTenant({ ...noShares, concurrent_connections: 3 }, left.one);
    for (let n = 0; n < 20; n += 1) expect(await overRest(left.at(n), id)).toBe("in");
    redis.kill("SIGKILL");
    const outcomes = await atBoth(left, 400, (platform) => overRest(platform, id));
    const { in: passed = 0, ...refused } = tally(outcomes);
    expect(refused).toEqual({ RATE_LIMIT_EXCEEDED: 400 - passed });
    // Each remembers the ten that it let through itself.
    expect(passed).toBe(120);

    const other = await makeTenant({ ...noShares, concurrent_connections: 3 }, left.one);
    const opened = await atBoth(left, 20, (platform) => openRaw(platform, other));
    expect(tally(opened.map((one) => (typeof one === "string" ? one : "in")))).toEqual({
      in: 6,
      TOO_MANY_CONNECTIONS: 14,
    });
    for (const one of opened) if (typeof one !== "string") await one.close();
  });
});
