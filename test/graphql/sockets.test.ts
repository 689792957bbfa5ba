import { afterEach, describe, expect, test } from "vitest";
import { maxOperations } from "../../api/graphql/socket-protocol.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { adminToken } from "../rest/platform.ts";
import { createChat, sendMessage, until, type Created, type Sent } from "./client.ts";
import { followChat } from "./events.ts";
import { listenPlatform, openRaw, type Listening, type SocketOptions } from "./listen.ts";

let platform: Listening;
afterEach(() => platform.close());

const tenants = [makeTenant("demo"), makeTenant("other"), makeTenant("gone")];
const tenantQuery = { id: "1", type: "subscribe", payload: { query: "{ tenant { id } }" } };
const tenantIs = (id: string) => ({ id: "1", type: "next", payload: { data: { tenant: { id } } } });

describe("the tenant of a connection", () => {
  test.each<[name: string, options: SocketOptions, payload: object | undefined, id: string]>([
    ["nobody names", {}, undefined, "demo"],
    ["connectionParams name", {}, { tenantId: "other" }, "other"],
    ["the address names", { query: "?tenant_id=other" }, {}, "other"],
    ["the header names", { headers: { "X-Tenant-ID": "other" } }, { tenantId: "demo" }, "other"],
    ["both name: params go first", { query: "?tenant_id=demo" }, { tenantId: "other" }, "other"],
  ])("that %s", async (_name, options, payload, id) => {
    platform = await listenPlatform({ tenants });
    const socket = await platform.open(options);
    expect(await socket.init(payload)).toEqual({ type: "connection_ack" });
    socket.send(tenantQuery);
    expect(await socket.next()).toEqual(tenantIs(id));
    expect(await socket.next()).toEqual({ id: "1", type: "complete" });
  });
});

describe("a connection is refused with a close code", () => {
  test.each<[name: string, options: SocketOptions, payload: unknown, code: number, reason: string]>(
    [
      ["for an unknown tenant", {}, { tenantId: "nobody" }, 4404, "TENANT_NOT_FOUND"],
      ["for a suspended tenant", {}, { tenantId: "gone" }, 4404, "TENANT_NOT_FOUND"],
      ["for a malformed tenant", {}, { tenantId: "No Such!" }, 4404, "TENANT_NOT_FOUND"],
      ["for a tenant that is no name", {}, { tenantId: 7 }, 4400, "INVALID_REQUEST"],
      ["for a wrong token", {}, { token: "wrong" }, 4401, "INVALID_TOKEN"],
      ["for a wrong token in a header", bearer("x"), {}, 4401, "INVALID_TOKEN"],
      ["for a header without its token", bearer(""), {}, 4401, "INVALID_TOKEN"],
      [
        "for a page of a strange origin",
        origin("https://x.example"),
        {},
        4403,
        "ORIGIN_NOT_ALLOWED",
      ],
    ],
  )("%s", async (_name, options, payload, code, reason) => {
    platform = await listenPlatform({ tenants });
    platform.tenants.suspend("gone");
    const socket = await platform.open(options);
    socket.send({ type: "connection_init", payload });
    expect(await socket.closed).toEqual({ code, reason });
  });

  test("that says come back later, when there are too many", async () => {
    const narrow = makeTenant("demo", { limits: { concurrent_connections: 1 } });
    platform = await listenPlatform({ tenants: [narrow] });
    const first = await platform.open();
    await first.init();
    const second = await platform.open();
    second.send({ type: "connection_init" });
    expect(await second.closed).toEqual({ code: 1013, reason: "TOO_MANY_CONNECTIONS" });
    first.ws.close();
    await first.closed;
    const third = await platform.open();
    expect(await third.init()).toEqual({ type: "connection_ack" });
  });

  test("that says come back later, when the tenant has made too many requests", async () => {
    platform = await listenPlatform({ limits: { enabled: true, requestsPerMinute: 1, burst: 0 } });
    await platform.run("{ __typename }");
    const socket = await platform.open();
    socket.send({ type: "connection_init" });
    expect(await socket.closed).toEqual({ code: 1013, reason: "RATE_LIMIT_EXCEEDED" });
  });

  test("for another protocol, another first message and what is no message", async () => {
    platform = await listenPlatform();
    const old = await openRaw(platform.wsUrl, {}, "graphql-transport-ws");
    old.send("hello");
    expect((await old.closed).code).toBe(4400);
    const early = await platform.open();
    early.send(tenantQuery);
    expect((await early.closed).code).toBe(4401);
    const twice = await platform.open();
    await twice.init();
    twice.send({ type: "connection_init" });
    expect((await twice.closed).code).toBe(4429);
    const loud = await platform.open();
    await loud.init();
    loud.send(JSON.stringify({ ...tenantQuery, extra: "x".repeat(1024 * 1024) }));
    expect((await loud.closed).code).toBe(1009);
    const next = await platform.open();
    expect(await next.init()).toEqual({ type: "connection_ack" });
  });
});

function bearer(token: string): SocketOptions {
  return { headers: { Authorization: `Bearer ${token}` } };
}

function origin(page: string): SocketOptions {
  return { headers: { Origin: page } };
}

describe("a page", () => {
  test("may connect from an origin of its tenant, of the server, or from its own", async () => {
    const shop = makeTenant("shop", { allowed_origins: ["https://shop.example"] });
    platform = await listenPlatform({ tenants: [makeTenant("demo"), shop] });
    const own = new URL(platform.url).origin;
    for (const page of ["https://shop.example", "http://localhost:3000", own]) {
      const socket = await platform.open(origin(page));
      expect(await socket.init({ tenantId: "shop" })).toEqual({ type: "connection_ack" });
    }
  });
});

describe("an operation", () => {
  test("runs as the visitor or admin that the connection proved to be", async () => {
    platform = await listenPlatform();
    const made = await platform.ask<Created>(createChat);
    const token = made.createChat.visitorToken ?? "";
    const query = "{ chats { edges { node { id } } } }";
    const own = { chats: { edges: [{ node: { id: made.createChat.chat.id } }] } };
    for (const socket of [
      platform.connect({ token }),
      platform.connect({ visitorToken: token }),
      platform.connect({}, bearer(token)),
    ]) {
      expect((await socket.iterate({ query }).next()).value).toEqual({ data: own });
    }
    const usage = { query: "{ usage { from } }" };
    for (const socket of [
      platform.connect({ adminToken }),
      platform.connect({}, bearer(adminToken)),
    ])
      expect((await socket.iterate(usage).next()).value).toEqual({
        data: { usage: { from: "2029-12-03" } },
      });
    const refused = (await platform.connect().iterate(usage).next()).value;
    expect(refused?.errors).toMatchObject([{ extensions: { code: "ADMIN_REQUIRED" } }]);
  });

  test("that makes a visitor makes one for the whole connection", async () => {
    platform = await listenPlatform();
    const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, {
      input: { content: "?" },
    });
    const client = platform.connect();
    // Keeps the connection open between the operations.
    const held = client.iterate({ query: followChat, variables: { chatId: sent.chat.id } });
    await held.next();
    const make = async () => {
      const { value } = await client.iterate<Created>({ query: createChat }).next();
      return value?.data?.createChat;
    };
    const [first, second] = [await make(), await make()];
    expect(first?.visitorToken).toMatch(/\./);
    expect(second?.visitorToken).toBe(first?.visitorToken);
    const { value } = await client.iterate({ query: "{ chats { edges { cursor } } }" }).next();
    expect(value?.data).toMatchObject({ chats: { edges: [{}, {}] } });
  });

  test("has its errors in one form, with codes, without a trace of what went wrong", async () => {
    platform = await listenPlatform({
      turns: { saveTurn: () => Promise.reject(new Error("password=secret")) },
    });
    const socket = await platform.open();
    await socket.init();
    const ask = async (query: string, variables?: object) => {
      socket.send({ id: "1", type: "subscribe", payload: { query, variables } });
      const { type, payload } = await socket.next();
      if (type === "next") await socket.next();
      return { type, payload };
    };
    const error = (code: string) => [{ extensions: { code } }];
    expect(await ask("{")).toMatchObject({ type: "error", payload: error("GRAPHQL_PARSE_FAILED") });
    const unknown = await ask("{ nothing }");
    expect(unknown).toMatchObject({ type: "error", payload: error("GRAPHQL_VALIDATION_FAILED") });
    expect(JSON.stringify(unknown)).not.toContain("http");
    const input = { content: "?" };
    const broken = await ask(sendMessage, { input });
    expect(broken).toMatchObject({ type: "next", payload: { errors: error("INTERNAL_ERROR") } });
    expect(JSON.stringify(broken)).not.toContain("secret");
    expect(await ask("query ($id: ID!) { chat(id: $id) { id } }", {})).toMatchObject({
      payload: { errors: error("INVALID_REQUEST") },
    });
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("counts against the tenant, and a refused one says when to come back", async () => {
    platform = await listenPlatform({ limits: { enabled: true, requestsPerMinute: 3, burst: 0 } });
    const socket = await platform.open();
    await socket.init();
    for (const type of ["next", "next", "error"]) {
      socket.send(tenantQuery);
      const message = await socket.next();
      expect(message.type).toBe(type);
      if (type === "next") await socket.next();
      else
        expect(message.payload).toMatchObject([
          { extensions: { code: "RATE_LIMIT_EXCEEDED", retryAfter: 60 } },
        ]);
    }
  });

  test("is one of a bounded number on its connection", async () => {
    platform = await listenPlatform();
    const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, {
      input: { content: "?" },
    });
    const socket = await platform.open();
    await socket.init();
    const payload = { query: followChat, variables: { chatId: sent.chat.id } };
    for (let id = 0; id <= maxOperations; id += 1)
      socket.send({ id: String(id), type: "subscribe", payload });
    await until(() => socket.messages.some(({ type }) => type === "error"));
    expect(socket.messages.find(({ type }) => type === "error")).toMatchObject({
      id: String(maxOperations),
      payload: [{ extensions: { code: "TOO_MANY_CONNECTIONS" } }],
    });
  });

  test("sees its tenant's settings as they are by then", async () => {
    platform = await listenPlatform();
    const socket = await platform.open();
    await socket.init();
    platform.tenants.set(makeTenant("demo", { plan: "gold" }));
    socket.send({ id: "1", type: "subscribe", payload: { query: "{ tenant { plan } }" } });
    expect(await socket.next()).toMatchObject({ payload: { data: { tenant: { plan: "gold" } } } });
    await socket.next();
    platform.tenants.suspend("demo");
    socket.send(tenantQuery);
    expect(await socket.closed).toEqual({ code: 4404, reason: "TENANT_NOT_FOUND" });
  });
});

describe("a connection ends", () => {
  test("with 4404 when its tenant is closed, and others live on", async () => {
    platform = await listenPlatform({ tenants });
    const [gone, other] = [await platform.open(), await platform.open()];
    await Promise.all([gone.init(), other.init({ tenantId: "other" })]);
    platform.tenants.suspend("demo");
    platform.accesses.change({ tenantId: "demo" });
    expect(await gone.closed).toEqual({ code: 4404, reason: "TENANT_NOT_FOUND" });
    other.send(tenantQuery);
    expect(await other.next()).toEqual(tenantIs("other"));
  });

  test("with 1012 when the server goes down, and its subscriptions stay open for the client", async () => {
    platform = await listenPlatform();
    const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, {
      input: { content: "?" },
    });
    const socket = await platform.open();
    await socket.init();
    const payload = { query: followChat, variables: { chatId: sent.chat.id } };
    socket.send({ id: "1", type: "subscribe", payload });
    await socket.next();
    platform.stopping.abort();
    await platform.graphql.close();
    expect((await socket.closed).code).toBe(1012);
    expect(socket.messages.map(({ type }) => type)).not.toContain("complete");
  });

  test("when it has answered no ping for 35 s", async () => {
    platform = await listenPlatform();
    const socket = await platform.open();
    await socket.init();
    socket.ws.pause();
    platform.clock.advance(34_999);
    await settle();
    expect(platform.gate.connections.size).toBe(1);
    platform.clock.advance(1);
    await until(() => platform.gate.connections.size === 0);
    socket.ws.resume();
    expect((await socket.closed).code).toBe(1006);
  });
});
