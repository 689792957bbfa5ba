import { afterEach, describe, expect, test } from "vitest";
import { refusalBurst, refusalsPerMinute } from "../../api/core/limits/strangers.ts";
import { endMs } from "../../api/core/watched-connection.ts";
import { authWaitMs } from "../../api/ws/session.ts";
import { settle } from "../support/clock.ts";
import { until, type RawPlatform } from "./listen.ts";
import { listenWalled, origin } from "./walled.ts";

let platform: RawPlatform;
afterEach(() => platform.close());

async function listen(...args: Parameters<typeof listenWalled>) {
  const { platform: opened, ...rest } = await listenWalled(...args);
  platform = opened;
  return rest;
}

/** What one address is refused in a minute. */
const most = refusalsPerMinute + refusalBurst;
/** Comes from an address of the internet, where addresses have shares. */
const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });

describe("a client of whom the tenant asks for more than it shows", () => {
  test("is welcomed once its auth frame shows it", async () => {
    const { user, token } = await listen();
    const client = await platform.dial({ client_id: "client-1" });
    client.send("auth", { token });
    expect(await client.next()).toMatchObject({
      type: "connection_established",
      data: { client_id: "client-1", tenant_id: "demo", user_id: user.id, visitor_id: null },
    });
    platform.clock.advance(authWaitMs);
    client.send("chat_message", { message: "Hello" });
    expect((await client.until("processing")).data.chat_id).toMatch(/^chat_/);
    (await platform.answerer.nextTurn()).finish();
  });

  const shown: [form: string, show: (of: { token: string }) => Promise<object>][] = [
    ["token", async ({ token }) => ({ token })],
    ["api_key", async () => ({ api_key: (await platform.access.makeKey("demo", "server")).text })],
    [
      "token, a key",
      async () => ({ token: (await platform.access.makeKey("demo", "admin")).text }),
    ],
    ["ticket", async ({ token }) => ({ ticket: await ticketOf(token) })],
    [
      "token and visitor_token",
      async ({ token }) => ({
        token,
        visitor_token: await platform.gate.visitorTokens.issue("demo", "vis_one"),
      }),
    ],
  ];

  async function ticketOf(token: string): Promise<string> {
    const tenant = await platform.tenants.findTenant("demo");
    if (!tenant) throw new Error("There is no tenant");
    const claims = await platform.gate.userTokens.verify(tenant, token);
    if (claims.issuer !== "platform") throw new Error("It is not ours");
    return platform.access.makeTicket("demo", { userId: claims.userId });
  }

  test.each(shown)("may show it as %s", async (_form, show) => {
    const given = await listen();
    const client = await platform.dial();
    client.send("auth", await show(given));
    expect((await client.next()).type).toBe("connection_established");
  });

  test("gets a visitor's token too where a page's key is enough", async () => {
    await listen({ auth: { required: "key" } });
    const { text } = await platform.access.makeKey("demo", "publishable");
    const client = await platform.dial({}, { origin });
    client.send("auth", { api_key: text });
    const { data } = await client.until("connection_established");
    expect(data.visitor_id).toMatch(/^vis_/);
    expect(data.visitor_token).toMatch(/^ey/);
  });

  test("is answered nothing but ping before that", async () => {
    const { token } = await listen();
    const client = await platform.dial();
    client.send("ping");
    expect((await client.next()).type).toBe("pong");
    for (const [type, data] of [
      ["chat_message", { message: "Hello" }],
      ["resume", { message_id: "msg_x" }],
      ["cancel", { message_id: "msg_x" }],
      ["feedback", { message_id: "msg_x", rating: "up" }],
    ] as const) {
      client.send(type, data);
      expect((await client.until("error")).data.error_code).toBe("TOKEN_REQUIRED");
    }
    client.sendText("nonsense");
    expect((await client.until("error")).data.error_code).toBe("INVALID_JSON");
    for (const nothing of [{}, { token: null }, { token: "" }, { ticket: 7 }]) {
      client.send("auth", nothing);
      expect((await client.until("error")).data.error_code).toBe("INVALID_REQUEST");
    }
    client.send("auth", { token });
    expect((await client.next()).type).toBe("connection_established");
  });

  test("is told so and closed after 5 s", async () => {
    await listen();
    const client = await platform.dial();
    platform.clock.advance(authWaitMs - 1);
    client.send("ping");
    expect((await client.next()).type).toBe("pong");
    platform.clock.advance(1);
    expect((await client.next()).data).toMatchObject({ error_code: "TOKEN_REQUIRED" });
    expect(await client.closed).toBe(4401);
  });

  test("is refused as at the handshake when what it shows is wrong or too little", async () => {
    await listen();
    const visitor = await platform.gate.visitorTokens.issue("demo", "vis_one");
    for (const [data, code] of [
      [{ token: "nonsense" }, "INVALID_TOKEN"],
      [{ visitor_token: visitor }, "TOKEN_REQUIRED"],
    ] as const) {
      const client = await platform.dial();
      client.send("auth", data);
      expect((await client.next()).data).toMatchObject({ error_code: code });
      expect(await client.closed).toBe(4401);
    }
  });

  test("is refused at the handshake when it shows too little there", async () => {
    await listen();
    const visitor_token = await platform.gate.visitorTokens.issue("demo", "vis_one");
    await expect(platform.dial({ visitor_token })).rejects.toMatchObject({ status: 401 });
  });

  test("is not waited for where the tenant asks for nothing", async () => {
    await listen({ auth: { required: "none" } });
    const client = await platform.dial();
    expect((await client.next()).type).toBe("connection_established");
    platform.clock.advance(authWaitMs);
    client.send("ping");
    expect((await client.next()).type).toBe("pong");
  });

  test("is sent away at once when the server drains", async () => {
    await listen();
    const client = await platform.dial();
    platform.door.drain();
    expect((await client.next()).type).toBe("reconnect");
    expect(await client.closed).toBe(1012);
  });
});

describe("who is waited for", () => {
  test("holds a place of the tenant and of the address for 5 s, and no longer", async () => {
    const { token } = await listen({ limits: { concurrent_connections: 4 } });
    const flood = [
      await platform.dial({}, from("203.0.113.7")),
      await platform.dial({}, from("203.0.113.7")),
    ];
    await expect(platform.dial({}, from("203.0.113.7"))).rejects.toMatchObject({ status: 429 });
    const other = await platform.dial({}, from("198.51.100.1"));
    other.send("auth", { token });
    await other.until("connection_established");
    platform.clock.advance(authWaitMs);
    for (const client of flood) expect(await client.closed).toBe(4401);
    other.drop();
    await until(() => platform.gate.connections.size === 0);
  });

  test("and takes no notice of the end is cut off", async () => {
    await listen();
    const client = await platform.dial();
    await settle();
    client.ws.pause();
    platform.clock.advance(authWaitMs);
    expect(platform.gate.connections.size).toBe(0);
    platform.clock.advance(endMs);
    await until(() => platform.clock.timers === 0);
    expect(await platform.metrics.print()).toContain("miptech_websocket_connections 0\n");
  });

  test("is not waited for any longer while its proof is looked at", async () => {
    const { token } = await listen();
    const looked = Promise.withResolvers<void>();
    const { users } = platform.gate;
    const { findUser } = users;
    users.findUser = async (...args) => {
      await looked.promise;
      return findUser(...args);
    };
    const client = await platform.dial();
    client.send("auth", { token });
    client.send("ping");
    await settle();
    platform.clock.advance(authWaitMs);
    looked.resolve();
    expect((await client.next()).data).toMatchObject({ error_code: "TOKEN_REQUIRED" });
    expect(await client.closed).toBe(4401);
    await until(() => platform.clock.timers === 0);
    expect([client.frames.length, platform.gate.connections.size]).toEqual([1, 0]);
  });

  test("is counted for the handshake and for each frame but ping, by the address alone", async () => {
    const limits = { enabled: true, requestsPerMinute: 5, burst: 0 };
    const { token } = await listen({ limits: { requests_per_minute: 5 } }, limits);
    const client = await platform.dial({}, from("203.0.113.7"));
    client.send("ping");
    for (let count = 1; count < most; count += 1) {
      client.send("cancel", { message_id: "msg_x" });
      expect((await client.until("error")).data.error_code).toBe("TOKEN_REQUIRED");
    }
    client.send("cancel", { message_id: "msg_x" });
    await client.until("rate_limit_exceeded");
    await expect(platform.dial({}, from("203.0.113.7"))).rejects.toMatchObject({ status: 429 });
    // Who shows what is right isn't asked, and of the tenant's requests nothing is used up.
    const good = await platform.dial({ token }, from("203.0.113.7"));
    await good.until("connection_established");
  });

  test("is counted for a wrong token, against the address", async () => {
    const limits = { enabled: true, requestsPerMinute: 4, burst: 0 };
    const { token } = await listen({}, limits);
    const guess = async () => {
      const client = await platform.dial({}, from("203.0.113.7"));
      client.send("auth", { token: "nonsense" });
      return client.closed;
    };
    // The handshake and the frame are counted.
    for (let count = 0; count < most / 2; count += 1) expect(await guess()).toBe(4401);
    await expect(guess()).rejects.toMatchObject({ status: 429 });
    const other = await platform.dial({}, from("198.51.100.1"));
    other.send("auth", { token });
    await other.until("connection_established");
  });
});
