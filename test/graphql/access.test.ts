import { afterEach, describe, expect, test, vi } from "vitest";
import { initWaitMs } from "../../api/graphql/socket-protocol.ts";
import { adminToken } from "../rest/platform.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { createChat, until, type Created } from "./client.ts";
import { followChat, type EventResult } from "./events.ts";
import { listenPlatform, readResults, type Listening, type RawSocket } from "./listen.ts";

let platform: Listening;
afterEach(() => platform.close());

const me = "{ me { kind admin user { externalId } visitorId } }";
const origin = "https://a.example";

/** A platform with a user, whose token was made by a key. */
async function open(settings: Record<string, unknown> = {}) {
  const tenant = makeTenant("demo", { allowed_origins: [origin], ...settings });
  platform = await listenPlatform({ tenants: [tenant, makeTenant("other")] });
  const { access, clock } = platform;
  const { key, text } = await access.makeKey("demo", "server");
  const user = await access.makeUser("demo", "u-1");
  const token = await access.tokenOf(user, { keyId: key.id, ttlMs: 20_000 });
  return { ...platform, key, text, user, token, clock };
}

type World = Awaited<ReturnType<typeof open>>;

async function ask(socket: RawSocket, query: string): Promise<unknown> {
  socket.send({ id: "1", type: "subscribe", payload: { query } });
  const { payload } = await socket.next();
  await socket.next();
  return payload;
}

describe("a connection of graphql-ws is", () => {
  test("whoever its parameters prove", async () => {
    const { access, text, token, user } = await open();
    const { visitorToken } = (await platform.ask<Created>(createChat)).createChat;
    const ticket = await access.makeTicket("demo", { userId: user.id });
    const kinds: [params: object, kind: object][] = [
      [{}, { kind: "ANONYMOUS" }],
      [{ token }, { kind: "USER", user: { externalId: "u-1" } }],
      [{ token: text }, { kind: "KEY" }],
      [{ apiKey: text }, { kind: "KEY" }],
      [{ token, apiKey: text }, { kind: "USER" }],
      [{ token: visitorToken }, { kind: "VISITOR" }],
      [{ visitorToken }, { kind: "VISITOR" }],
      [
        { token, visitorToken },
        { kind: "USER", visitorId: expect.stringMatching(/^vis_/) },
      ],
      [{ adminToken }, { kind: "ADMIN", admin: "PLATFORM" }],
      [{ token: adminToken }, { kind: "ADMIN", admin: "PLATFORM" }],
      [{ ticket }, { kind: "USER", user: { externalId: "u-1" } }],
    ];
    for (const [params, shown] of kinds) {
      const socket = await platform.open();
      expect(await socket.init(params)).toEqual({ type: "connection_ack" });
      expect(await ask(socket, me), JSON.stringify(params)).toMatchObject({ data: { me: shown } });
    }
    const replayed = await platform.open();
    replayed.send({ type: "connection_init", payload: { ticket } });
    expect(await replayed.closed).toEqual({ code: 4401, reason: "INVALID_TOKEN" });
  });

  test("the user's where it makes chats, and nobody becomes a visitor", async () => {
    const { token, text, user, store } = await open();
    for (const [params, ownerId] of [
      [{ token }, user.id],
      [{ apiKey: text }, null],
    ] as const) {
      const socket = await platform.open();
      await socket.init(params);
      const payload = (await ask(socket, createChat)) as { data: Created };
      const { chat, visitorToken } = payload.data.createChat;
      expect(visitorToken).toBeNull();
      const stored = await store.findChat(makeTenant("demo"), chat.id);
      expect(stored?.ownerId).toBe(ownerId);
    }
  });

  test("closed when it doesn't say who it is within five seconds", async () => {
    await open();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = await platform.open();
      const late = await platform.open();
      vi.advanceTimersByTime(initWaitMs - 1);
      expect(await socket.init()).toEqual({ type: "connection_ack" });
      vi.advanceTimersByTime(1);
      expect((await late.closed).code).toBe(4408);
      expect(await ask(socket, me)).toMatchObject({ data: {} });
    } finally {
      vi.useRealTimers();
    }
  });

  test("given its place back when it leaves while it is let in", async () => {
    const { gate } = await open();
    const { findTenant } = gate.tenants;
    const held = Promise.withResolvers<void>();
    let asked = 0;
    Object.assign(gate.tenants, {
      async findTenant(id: string) {
        asked += 1;
        await held.promise;
        return findTenant(id);
      },
    });
    const socket = await platform.open();
    socket.send({ type: "connection_init" });
    await until(() => asked > 0);
    socket.ws.close();
    await socket.closed;
    held.resolve();
    await settle();
    await settle();
    expect(gate.connections.size).toBe(0);
  });
});

const endings: readonly [
  name: string,
  end: { code: number; reason: string },
  cause: (world: World) => Promise<unknown>,
][] = [
  [
    "its token expires",
    { code: 4403, reason: "TOKEN_EXPIRED" },
    async ({ clock }) => clock.advance(20_000),
  ],
  [
    "the key that made its token is revoked",
    { code: 4403, reason: "INVALID_TOKEN" },
    async ({ access, accesses, key }) => {
      await access.revokeKey(key);
      accesses.change({ keyId: key.id });
    },
  ],
  [
    "its user is blocked",
    { code: 4403, reason: "INVALID_TOKEN" },
    async ({ access, accesses, user }) => {
      await access.changeUser(user, { status: "blocked" });
      accesses.change({ userId: user.id });
    },
  ],
  [
    "its page is allowed no more",
    { code: 4403, reason: "ORIGIN_NOT_ALLOWED" },
    async ({ tenants, accesses }) => {
      tenants.set(makeTenant("demo"));
      accesses.change({ tenantId: "demo" });
    },
  ],
  [
    "its tenant is suspended",
    { code: 4404, reason: "TENANT_NOT_FOUND" },
    async ({ tenants, accesses }) => {
      tenants.suspend("demo");
      accesses.change({ tenantId: "demo" });
    },
  ],
];

describe("what is open ends when", () => {
  test.each(endings)("%s: a connection with a code, others live on", async (_name, end, cause) => {
    const world = await open();
    const socket = await platform.open({ headers: { Origin: origin } });
    const other = await platform.open();
    await socket.init({ token: world.token });
    await other.init({ tenantId: "other" });
    await cause(world);
    expect(await socket.closed).toEqual(end);
    expect(await ask(other, me)).toMatchObject({ data: {} });
    other.ws.close();
    await other.closed;
    await until(() => world.gate.connections.size === 0);
  });

  test.each(endings)("%s: an event stream with an error", async (_name, { reason }, cause) => {
    const world = await open();
    const headers = { Authorization: `Bearer ${world.token}`, Origin: origin };
    const { chat } = (await world.ask<Created>(createChat, {}, headers)).createChat;
    const reader = readResults<EventResult>(
      await world.call("/graphql", {
        json: { query: followChat, variables: { chatId: chat.id } },
        headers: { ...headers, Accept: "text/event-stream" },
      }),
    );
    const last = reader.next();
    await settle();
    await cause(world);
    expect((await last)?.errors?.[0]?.extensions?.code).toBe(reason);
    expect(await reader.next()).toBeUndefined();
    await until(() => world.gate.connections.size === 0);
  });

  test("a tenant begins to ask for a user: then those without one must come back", async () => {
    const { tenants, accesses, token } = await open();
    const [nobody, user] = [await platform.open(), await platform.open()];
    await nobody.init();
    await user.init({ token });
    tenants.set(makeTenant("demo", { auth: { required: "user" } }));
    accesses.change({ tenantId: "demo" });
    expect(await nobody.closed).toEqual({ code: 4403, reason: "TOKEN_REQUIRED" });
    expect(await ask(user, me)).toMatchObject({ data: { me: { kind: "USER" } } });
    const late = await platform.open();
    late.send({ type: "connection_init" });
    expect(await late.closed).toEqual({ code: 4401, reason: "TOKEN_REQUIRED" });
  });

  test("an operation comes before the news: it isn't done", async () => {
    const { access, key, text, store } = await open();
    const socket = await platform.open();
    await socket.init({ apiKey: text });
    await access.revokeKey(key);
    socket.send({ id: "1", type: "subscribe", payload: { query: createChat } });
    expect(await socket.closed).toEqual({ code: 4403, reason: "INVALID_TOKEN" });
    expect((await store.listChats(makeTenant("demo"), "all", { limit: 1 })).items).toEqual([]);
  });
});

describe("an event stream", () => {
  const events = { Accept: "text/event-stream" };

  test("holds a place for as long as it is open, and one too many is refused as a request", async () => {
    const { call, gate, ask: run } = await open({ limits: { concurrent_connections: 1 } });
    const { chat } = (await run<Created>(createChat)).createChat;
    const json = { query: followChat, variables: { chatId: chat.id } };
    const first = await call("/graphql", { json, headers: events });
    expect(gate.connections.size).toBe(1);
    const second = await call("/graphql", { json, headers: events });
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(await second.json()).toMatchObject({
      errors: [{ extensions: { code: "TOO_MANY_CONNECTIONS", retryAfter: 10 } }],
    });
    await first.body?.cancel();
    await until(() => gate.connections.size === 0);
  });

  test("gives its place back when it is over, or was none", async () => {
    const { call, gate, ask: run } = await open();
    const { chat } = (await run<Created>(createChat)).createChat;
    const query = `subscription { turnEvents(chatId: "${chat.id}") { place } }`;
    const requests = [
      { json: { query: me }, headers: events },
      { json: { query: "{ nothing }" }, headers: events },
      { json: { query: "{" }, headers: events },
      { json: { query: 'subscription { turnEvents(chatId: "x") { place } }' }, headers: events },
      { json: { query }, headers: { Accept: "application/json" } },
      { body: "{", method: "POST", headers: { ...events, "Content-Type": "application/json" } },
      { body: "{", method: "POST", headers: events },
    ];
    for (const request of requests) {
      await (await call("/graphql", request)).text();
      await until(() => gate.connections.size === 0);
    }
    const path = `/graphql?${new URLSearchParams({ query }).toString()}`;
    const head = await call(path, { method: "HEAD", headers: events });
    expect([head.body, gate.connections.size]).toEqual([null, 0]);
  });
});
