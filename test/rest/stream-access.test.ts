import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { createPlatform, prefix, readError } from "./platform.ts";
import { readEvents, type SseEvent } from "./sse.ts";

const sse = { Accept: "text/event-stream" };

/** A user with a chat of their own, whose token was made by a key. */
async function open(settings = {}) {
  const platform = createPlatform({ tenants: [makeTenant("demo", settings)] });
  const { access, call } = platform;
  const { key } = await access.makeKey("demo", "server");
  const user = await access.makeUser("demo", "u-1");
  const token = await access.tokenOf(user, { keyId: key.id, ttlMs: 60_000 });
  const headers = { Authorization: `Bearer ${token}` };
  const made = (await (await call(`${prefix}/chat`, { json: {}, headers })).json()) as {
    id: string;
  };
  const path = `${prefix}/chat/${made.id}`;
  return {
    ...platform,
    key,
    user,
    path,
    follow: (method = "GET") => call(`${path}/events`, { method, headers }),
    ask: () =>
      call(`${path}/messages`, { json: { content: "?" }, headers: { ...headers, ...sse } }),
  };
}

type World = Awaited<ReturnType<typeof open>>;

/** How a reader's access ends, and what the reader is told. */
const endings: readonly [name: string, code: string, end: (world: World) => Promise<unknown>][] = [
  [
    "their token expires",
    "TOKEN_EXPIRED",
    async ({ clock }) => {
      clock.advance(30_000);
      clock.advance(30_000);
    },
  ],
  [
    "the key that made their token is revoked",
    "INVALID_TOKEN",
    async ({ access, accesses, key }) => {
      await access.revokeKey(key);
      accesses.change({ keyId: key.id });
    },
  ],
  [
    "they are blocked",
    "INVALID_TOKEN",
    async ({ access, accesses, user }) => {
      await access.changeUser(user, { status: "blocked" });
      accesses.change({ userId: user.id });
    },
  ],
  [
    "their tenant is suspended",
    "TENANT_NOT_FOUND",
    async ({ tenants, accesses }) => {
      tenants.suspend("demo");
      accesses.change({ tenantId: "demo" });
    },
  ],
];

const ended = (code: string): SseEvent => ({
  id: undefined,
  event: "error",
  frame: { type: "error", data: { error_code: code, message: expect.any(String) } },
});

describe("a stream of events", () => {
  test.each(endings)("of a chat ends with an error when %s", async (_name, code, end) => {
    const world = await open();
    const rest = readEvents(await world.follow()).rest();
    await settle();
    await end(world);
    expect(await rest).toEqual([ended(code)]);
    expect(world.gate.connections.size).toBe(0);
  });

  test.each(endings)("of a turn ends, and the turn goes on, when %s", async (_name, code, end) => {
    const world = await open();
    const reader = readEvents(await world.ask());
    const script = await world.answerer.nextTurn();
    script.push("Half");
    expect((await reader.next())?.event).toBe("response_start");
    expect((await reader.next())?.event).toBe("response_chunk");
    const rest = reader.rest();
    await end(world);
    expect(await rest).toEqual([ended(code)]);
    expect([world.gate.connections.size, world.log.size]).toEqual([0, 1]);
    script.finish();
    await settle();
    expect(world.log.size).toBe(0);
  });

  test("holds a place for as long as it is open", async () => {
    const world = await open();
    const reader = readEvents(await world.follow());
    expect(world.gate.connections.size).toBe(2);
    await reader.leave();
    expect(world.gate.connections.size).toBe(0);
    const head = await world.follow("HEAD");
    expect([head.status, world.gate.connections.size]).toEqual([200, 0]);
  });

  test("too many is refused before its first byte, and asks nothing", async () => {
    const world = await open({ limits: { concurrent_connections: 1 } });
    const reader = readEvents(await world.follow());
    for (const refused of [await world.follow(), await world.ask()]) {
      expect(refused.headers.get("retry-after")).toBe("10");
      expect(await readError(refused)).toMatchObject({
        status: 429,
        code: "TOO_MANY_CONNECTIONS",
      });
    }
    expect(world.log.size).toBe(0);
    await reader.leave();
    const second = readEvents(await world.follow());
    await second.leave();
  });

  test("gives its place back where the question is refused", async () => {
    const world = await open();
    const refused = await world.call(`${prefix}/chat/nothing/messages`, {
      json: { content: "?" },
      headers: sse,
    });
    expect(await readError(refused)).toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(world.gate.connections.size).toBe(0);
  });
});
