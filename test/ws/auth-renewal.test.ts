import { afterEach, describe, expect, test } from "vitest";
import { refusalBurst, refusalsPerMinute } from "../../api/core/limits/strangers.ts";
import { AppError } from "../../api/core/errors.ts";
import { assemble, type WsClient } from "../support/ws-client.ts";
import { pass, type RawPlatform } from "./listen.ts";
import { listenWalled, origin } from "./walled.ts";

let platform: RawPlatform;
afterEach(() => platform.close());

async function listen(...args: Parameters<typeof listenWalled>) {
  const { platform: opened, ...rest } = await listenWalled(...args);
  platform = opened;
  return rest;
}

async function away(): Promise<never> {
  throw new AppError("SERVICE_UNAVAILABLE", "The database is away");
}

const told = ({ frames }: WsClient) => frames.filter(({ type }) => type === "token_expiring");

describe("an auth frame on an open connection", () => {
  test("renews the proof, before it expires", async () => {
    const { user } = await listen();
    const { clock, access } = platform;
    const client = await platform.dial({ token: await access.tokenOf(user, { ttlMs: 60_000 }) });
    const expires_at = new Date(clock.now() + 60_000).toISOString();
    expect((await client.until("connection_established")).data).toMatchObject({ expires_at });
    await pass(platform, client, 29_999);
    expect(told(client)).toEqual([]);
    await pass(platform, client, 1);
    const first = { type: "token_expiring", data: { expires_at } };
    expect(told(client)).toEqual([first]);
    client.send("auth", { token: await access.tokenOf(user, { ttlMs: 90_000 }) });
    const later = new Date(clock.now() + 90_000).toISOString();
    expect(await client.until("authenticated")).toEqual({
      type: "authenticated",
      data: { visitor_id: null, user_id: user.id, expires_at: later },
    });
    await pass(platform, client, 89_999);
    const second = { type: "token_expiring", data: { expires_at: later } };
    expect(told(client)).toEqual([first, second]);
    clock.advance(1);
    expect((await client.until("error")).data).toMatchObject({ error_code: "TOKEN_EXPIRED" });
    expect(await client.closed).toBe(4401);
  });

  test("of another user, or of none, is refused, and the connection lives on as it was", async () => {
    const { user, token } = await listen({ auth: { required: "none" } });
    const { access, gate } = platform;
    const client = await platform.dial({ token });
    await client.until("connection_established");
    for (const data of [
      { token: await access.tokenOf(await access.makeUser("demo", "bob")) },
      { token: await access.tokenOf(await access.makeUser("other", "ann")) },
      { visitor_token: await gate.visitorTokens.issue("demo", "vis_one") },
      { api_key: (await access.makeKey("demo", "server")).text },
      { token: "nonsense" },
    ]) {
      client.send("auth", data);
      expect((await client.next()).data).toMatchObject({ error_code: "INVALID_TOKEN" });
    }
    client.send("auth", { token });
    expect((await client.until("authenticated")).data.user_id).toBe(user.id);
  });

  test("is counted for its address when it is refused, whatever for", async () => {
    const limits = { enabled: true, requestsPerMinute: 10_000, burst: 0 };
    await listen({ auth: { required: "none" } }, limits);
    const { access, gate } = platform;
    const address = "203.0.113.7";
    const client = await platform.dial({}, { headers: { "X-Forwarded-For": address } });
    await client.until("connection_established");
    const { text } = await access.makeKey("demo", "publishable", {
      origins: ["https://elsewhere.example"],
    });
    const { findKeyByHash } = gate.keys;
    for (let count = 0; count < refusalsPerMinute + refusalBurst; count += 1) {
      const isAway = count % 2 === 0;
      gate.keys.findKeyByHash = isAway ? away : findKeyByHash;
      client.send("auth", { api_key: text });
      expect((await client.next()).data).toMatchObject({
        error_code: isAway ? "SERVICE_UNAVAILABLE" : "ORIGIN_NOT_ALLOWED",
      });
    }
    client.send("auth", { api_key: text });
    expect((await client.next()).type).toBe("rate_limit_exceeded");
    // What is right is let in all the same.
    client.send("auth", { token: await access.tokenOf(await access.makeUser("demo", "bob")) });
    await client.until("authenticated");
  });

  test("makes a visitor a user, who keeps the visitor's chats, and what is read is read on", async () => {
    const { user, token } = await listen({ auth: { required: "none" }, chat_access: "visitor" });
    const client = await platform.dial();
    const { data } = await client.until("connection_established");
    client.send("chat_message", { message: "As a visitor" });
    const { chat_id, message_id } = (await client.until("processing")).data;
    const script = await platform.answerer.nextTurn();
    script.push("Half ");
    client.send("auth", { token });
    expect((await client.until("authenticated")).data).toEqual({
      visitor_id: data.visitor_id,
      user_id: user.id,
      expires_at: expect.any(String),
    });
    script.push("and half");
    script.finish();
    await client.until("response_complete");
    expect(assemble(client.frames, message_id).text).toBe("Half and half");
    client.send("chat_message", { message: "As a user", chat_id });
    expect((await client.until("processing")).data.chat_id).toBe(chat_id);
    (await platform.answerer.nextTurn()).finish();
    client.send("chat_message", { message: "In a chat of the user's", chat_id: null });
    const own = (await client.until("processing")).data.chat_id;
    const tenant = await platform.tenants.findTenant("demo");
    if (!tenant) throw new Error("There is no tenant");
    expect((await platform.store.findChat(tenant, own))?.ownerId).toBe(user.id);
    (await platform.answerer.nextTurn()).finish();
  });

  test("that makes a server's connection a page's gives its new visitor a token", async () => {
    await listen({ auth: { required: "none" } });
    const { access } = platform;
    const api_key = (await access.makeKey("demo", "server")).text;
    const client = await platform.dial({ api_key }, { origin });
    expect((await client.until("connection_established")).data.visitor_id).toBeNull();
    client.send("auth", { api_key: (await access.makeKey("demo", "publishable")).text });
    const { data } = await client.until("authenticated");
    expect(data.visitor_id).toMatch(/^vis_/);
    expect(data.visitor_token).toMatch(/^ey/);
  });

  test("with a ticket is counted, and takes the ticket; a wrong one uses up nothing of the tenant's", async () => {
    const limits = { enabled: true, requestsPerMinute: 3, burst: 0 };
    const { user, token } = await listen({ limits: { person_share: 100 } }, limits);
    const client = await platform.dial({ token });
    await client.until("connection_established");
    const ticket = await platform.access.makeTicket("demo", { userId: user.id });
    client.send("auth", { ticket });
    expect((await client.next()).type).toBe("authenticated");
    for (let count = 0; count < 4; count += 1) {
      client.send("auth", { ticket });
      expect((await client.next()).data).toMatchObject({ error_code: "INVALID_TOKEN" });
    }
    client.send("auth", { token });
    expect((await client.next()).type).toBe("authenticated");
    client.send("auth", { token });
    expect((await client.next()).type).toBe("rate_limit_exceeded");
  });
});
