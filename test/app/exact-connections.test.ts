import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openGraphqlWs,
  openRaw,
  openStream,
  post,
  type Headers,
  type Opened,
} from "../support/callers.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { atBoth, startTwoPlatforms, tally, type TwoPlatforms } from "../support/two-platforms.ts";

/** Two processes on one Redis and one PostgreSQL. */
let both: TwoPlatforms;

beforeAll(async () => {
  both = await startTwoPlatforms();
});

afterAll(() => both?.close());

interface Place {
  readonly id: string;
  readonly chatId: string;
}

async function makeTenant(limits: object): Promise<Place> {
  const id = `open-${crypto.randomUUID().slice(0, 8)}`;
  await insertTenant(both.one, id, { limits: { requests_per_minute: 100_000, ...limits } });
  const response = await post(`${both.one.url}/api/v1/chat`, { "X-Tenant-ID": id }, {});
  const { id: chatId } = (await response.json()) as { id: string };
  return { id, chatId };
}

type Open = (platform: Platform, place: Place, headers?: Headers) => Promise<Opened | string>;

const query = "subscription ($chatId: ID!) { turnEvents(chatId: $chatId) { __typename } }";

const ways: Readonly<Record<string, Open>> = {
  "raw WebSocket": (platform, { id }, headers) => openRaw(platform, id, headers),
  "graphql-ws": (platform, { id }, headers) => openGraphqlWs(platform, id, headers),
  "REST SSE": ({ url }, { id, chatId }, headers = {}) =>
    openStream((signal) =>
      fetch(`${url}/api/v1/chat/${chatId}/events`, {
        signal,
        headers: { "X-Tenant-ID": id, Accept: "text/event-stream", ...headers },
      }),
    ),
  "GraphQL SSE": ({ url }, { id, chatId }, headers = {}) =>
    openStream((signal) =>
      fetch(`${url}/graphql`, {
        method: "POST",
        signal,
        headers: {
          "Content-Type": "application/json",
          Accept: "text/event-stream",
          "X-Tenant-ID": id,
          ...headers,
        },
        body: JSON.stringify({ query, variables: { chatId } }),
      }),
    ),
};

/** Opens so many at once, at both processes and all doors by turns. */
async function openMany(
  count: number,
  place: Place,
  headers: (n: number) => Headers = () => ({}),
): Promise<{ opened: Opened[]; outcomes: Record<string, number> }> {
  const doors = Object.values(ways);
  const results = await atBoth(both, count, async (platform, n) => {
    const open = doors[(n >> 1) % doors.length];
    return open ? open(platform, place, headers(n)) : "no such door";
  });
  const opened = results.filter((result) => typeof result !== "string");
  const outcomes = tally(results.map((one) => (typeof one === "string" ? one : "in")));
  return { opened, outcomes };
}

const closeAll = (opened: readonly Opened[]) => Promise.all(opened.map((one) => one.close()));

const noShares = { person_share: 100, address_share: 100 };

test("of 160 connections at once exactly concurrent_connections are let in, over all doors of both", async () => {
  const place = await makeTenant({ ...noShares, concurrent_connections: 20 });
  const first = await openMany(160, place);
  expect(first.outcomes).toEqual({ in: 20, TOO_MANY_CONNECTIONS: 140 });
  await closeAll(first.opened);
  // What the other end has closed is free as soon as this end knows.
  const again: Opened[] = [];
  const reopen = async () => {
    again.push(...(await openMany(20 - again.length, place)).opened);
    return again.length;
  };
  await expect.poll(reopen, { timeout: 10_000 }).toBe(20);
  expect((await openMany(16, place)).outcomes).toEqual({ TOO_MANY_CONNECTIONS: 16 });
  await closeAll(again);
});

for (const [name, open] of Object.entries(ways)) {
  test(`a connection over ${name} holds a place against all others, and gives it back`, async () => {
    const place = await makeTenant({ ...noShares, concurrent_connections: 1 });
    const held = await open(both.one, place);
    if (typeof held === "string") throw new Error(held);
    for (const other of Object.values(ways)) {
      expect(await other(both.one, place)).toBe("TOO_MANY_CONNECTIONS");
      expect(await other(both.two, place)).toBe("TOO_MANY_CONNECTIONS");
    }
    await held.close();
    const next: Opened[] = [];
    const retry = async () => {
      const opened = await open(both.two, place);
      if (typeof opened !== "string") next.push(opened);
      return next.length;
    };
    await expect.poll(retry, { timeout: 10_000 }).toBe(1);
    await closeAll(next);
  });
}

test("at shares of 50 percent one address has half of the connections, and the others the rest", async () => {
  const place = await makeTenant({ concurrent_connections: 12 });
  const from = (address: string) => () => ({ "X-Forwarded-For": address });
  const first = await openMany(64, place, from("198.51.100.1"));
  expect(first.outcomes).toEqual({ in: 6, TOO_MANY_CONNECTIONS: 58 });
  const second = await openMany(64, place, from("2001:db8::1"));
  expect(second.outcomes).toEqual({ in: 6, TOO_MANY_CONNECTIONS: 58 });
  const third = await openMany(16, place, from("198.51.100.2"));
  expect(third.outcomes).toEqual({ TOO_MANY_CONNECTIONS: 16 });
  await closeAll([...first.opened, ...second.opened]);
});

test("a process that shuts down gives its places back", async () => {
  const place = await makeTenant({ ...noShares, concurrent_connections: 4 });
  const leaving = await startPlatform({
    env: both.env,
    database: both.one.database,
  });
  const opened = await Promise.all(Object.values(ways).map((open) => open(leaving, place)));
  expect(opened.map((one) => typeof one)).toEqual(["object", "object", "object", "object"]);
  expect((await openMany(8, place)).outcomes).toEqual({ TOO_MANY_CONNECTIONS: 8 });
  await leaving.stop();
  const next = await openMany(8, place);
  expect(next.outcomes).toEqual({ in: 4, TOO_MANY_CONNECTIONS: 4 });
  await closeAll(next.opened);
});
