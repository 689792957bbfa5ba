import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApiKey } from "../../api/core/access/api-key.ts";
import type { User } from "../../api/core/access/user.ts";
import { AppError } from "../../api/core/errors.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import type { WsClient } from "../support/ws-client.ts";
import { listenRaw, until, type RawPlatform } from "./listen.ts";

let platform: RawPlatform;
let user: User;
let key: ApiKey;
let keyText: string;
beforeEach(async () => {
  platform = await listenRaw({ tenants: [makeTenant("demo"), makeTenant("other")] });
  user = await platform.access.makeUser("demo", "ann");
  ({ key, text: keyText } = await platform.access.makeKey("demo", "server"));
});
afterEach(() => platform.close());

async function greet(query: Record<string, string> = {}): Promise<WsClient> {
  const client = await platform.dial(query);
  await client.until("connection_established");
  return client;
}

/** What ended it: the error's code, and the code that it was closed with. */
async function ending(client: WsClient) {
  const { data } = await client.until("error");
  return [data.error_code, await client.closed];
}

const ofUser = async () => greet({ token: await platform.access.tokenOf(user) });
const ofKey = () => greet({ api_key: keyText });
const ofKeysToken = async () =>
  greet({ token: await platform.access.tokenOf(user, { keyId: key.id }) });

const block = () => platform.access.changeUser(user, { status: "blocked" });
const revoke = () => platform.access.revokeKey(key);
const suspend = async () => platform.tenants.suspend("demo");
const ask = async () => platform.tenants.set(makeTenant("demo", { auth: { required: "user" } }));

const changes: [
  what: string,
  open: () => Promise<WsClient>,
  change: () => Promise<unknown>,
  announce: () => Parameters<RawPlatform["accesses"]["change"]>[0],
  ends: [code: AppError["code"], close: number],
][] = [
  ["a blocked user's", ofUser, block, () => ({ userId: user.id }), ["INVALID_TOKEN", 4401]],
  ["a revoked key's", ofKey, revoke, () => ({ keyId: key.id }), ["INVALID_TOKEN", 4401]],
  [
    "one of a revoked key's token",
    ofKeysToken,
    revoke,
    () => ({ keyId: key.id }),
    ["INVALID_TOKEN", 4401],
  ],
  [
    "a suspended tenant's",
    () => greet(),
    suspend,
    () => ({ tenantId: "demo" }),
    ["TENANT_NOT_FOUND", 4404],
  ],
  [
    "an anonymous one of a tenant that asks for more now",
    () => greet(),
    ask,
    () => ({ tenantId: "demo" }),
    ["TOKEN_REQUIRED", 4401],
  ],
];

describe("an open connection that is no longer let in", () => {
  test.each(changes)("%s is ended when that is announced", async (_w, open, change, said, ends) => {
    const client = await open();
    const other = await greet({ tenant_id: "other" });
    await change();
    platform.accesses.change(said());
    expect(await ending(client)).toEqual(ends);
    other.send("ping");
    expect((await other.next()).type).toBe("pong");
  });

  test.each(changes)("%s is ended at its next frame", async (_what, open, change, _said, ends) => {
    const client = await open();
    await settle();
    await change();
    client.send("ping");
    expect((await client.next()).type).toBe("pong");
    client.send("chat_message", { message: "Hello" });
    expect(await ending(client)).toEqual(ends);
    expect(client.frames.filter(({ type }) => type === "error")).toHaveLength(1);
    expect(client.frames.filter(({ type }) => type === "processing")).toEqual([]);
    expect(platform.gate.connections.size).toBe(0);
  });

  test("reads no further, and its turn goes on", async () => {
    const client = await ofUser();
    client.send("chat_message", { message: "Hello" });
    await client.until("processing");
    const script = await platform.answerer.nextTurn();
    script.push("First");
    await client.until("response_chunk");
    await block();
    platform.accesses.change({ userId: user.id });
    expect(await ending(client)).toEqual(["INVALID_TOKEN", 4401]);
    script.push(" and last");
    script.finish();
    await until(() => platform.log.size === 0);
    expect(client.frames.filter(({ type }) => type === "response_complete")).toEqual([]);
  });

  test("is ended in the moment in which its credentials expire", async () => {
    const client = await greet({ token: await platform.access.tokenOf(user, { ttlMs: 10_000 }) });
    platform.clock.advance(9999);
    expect((await client.next()).type).toBe("token_expiring");
    platform.clock.advance(1);
    expect(await ending(client)).toEqual(["TOKEN_EXPIRED", 4401]);
    await until(() => platform.clock.timers === 0);
  });

  test("is not ended while nobody can tell: its frames are answered with that", async () => {
    const client = await ofUser();
    const { findUser } = platform.gate.users;
    platform.gate.users.findUser = () =>
      Promise.reject(new AppError("SERVICE_UNAVAILABLE", "Away"));
    client.send("cancel", { message_id: "msg_x" });
    expect((await client.until("error")).data.error_code).toBe("SERVICE_UNAVAILABLE");
    platform.gate.users.findUser = findUser;
    client.send("cancel", { message_id: "msg_x" });
    expect((await client.until("error")).data.error_code).toBe("MESSAGE_NOT_FOUND");
  });
});

describe("a handshake that comes to nothing", () => {
  /** Sends a handshake by hand. */
  async function shake(key: string) {
    const socket = connect(platform.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `GET /ws?tenant_id=demo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    return socket;
  }

  test("keeps no place when it is malformed", async () => {
    const socket = await shake("nonsense");
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 400/);
    expect(platform.gate.connections.size).toBe(0);
    socket.destroy();
  });

  test("keeps no place when its client has left meanwhile", async () => {
    const { hold } = platform.gate.connections;
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let count = 0;
    platform.gate.connections.hold = async (places) => {
      asked.resolve();
      await answered.promise;
      const held = await hold(places);
      count = platform.gate.connections.size;
      return held;
    };
    const socket = await shake("dGhlIHNhbXBsZSBub25jZQ==");
    await asked.promise;
    socket.resetAndDestroy();
    await once(socket, "close");
    for (let turn = 0; turn < 20; turn += 1) await settle();
    answered.resolve();
    await until(() => count > 0 && platform.gate.connections.size === 0);
    expect(await platform.metrics.print()).toContain("miptech_websocket_connections 0\n");
  });

  test("is refused when what it shows is revoked while it is let in", async () => {
    const { open } = platform.accesses;
    platform.accesses.open = async (...args) => {
      await revoke();
      const access = await open(...args);
      await settle();
      return access;
    };
    await expect(greet({ api_key: keyText })).rejects.toMatchObject({ status: 401 });
    expect(platform.gate.connections.size).toBe(0);
  });
});
