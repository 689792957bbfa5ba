import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { readEvents } from "../rest/sse.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { makeSigningKey, signWith, type SigningKey } from "../support/signing-keys.ts";
import { openWs } from "../support/ws-client.ts";
import { writeToken } from "../support/write-token.ts";

/** Two processes on one database: what is changed at the one ends what is open at the other. */
let one: Platform;
let two: Platform;
const issuer = "https://login.acme.example";
const k1 = makeSigningKey("ES256", "k1");
const k2 = makeSigningKey("ES256", "k2");
const tenant_id = "acme";

beforeAll(async () => {
  const env = { REDIS_URL: inject("redis").url };
  one = await startPlatform({ env });
  two = await startPlatform({ env, database: one.database });
  await insertTenant(one, tenant_id, { auth: { issuer, keys: [k1.jwk, k2.jwk] } });
});
afterAll(async () => {
  await two?.stop();
  await one?.close();
});

function sign(key: SigningKey, sub: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: tenant_id, sub, iat, exp: iat + 3600 };
  return writeToken({ alg: key.alg, kid: key.kid }, claims, signWith(key, key.alg));
}

async function post(path: string, token: string): Promise<Response> {
  return fetch(`${two.url}/api/v1${path}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Tenant-ID": tenant_id,
      Authorization: `Bearer ${token}`,
    },
    body: "{}",
  });
}

/** A chat of a user, followed as events, a raw WebSocket, one that a ticket opened, and one more ticket. */
async function openAll(token: string) {
  const { id } = (await (await post("/chat/", token)).json()) as { id: string };
  const headers = { "X-Tenant-ID": tenant_id, Authorization: `Bearer ${token}` };
  const reader = readEvents(await fetch(`${two.url}/api/v1/chat/${id}/events`, { headers }));
  const giveTicket = async () =>
    ((await (await post("/auth/ticket", token)).json()) as { ticket: string }).ticket;
  const sockets = [
    await openWs(two.wsUrl, { tenant_id, token }),
    await openWs(two.wsUrl, { tenant_id, ticket: await giveTicket() }),
  ];
  for (const socket of sockets) await socket.until("connection_established");
  return { reader, sockets, ticket: await giveTicket() };
}

test("a key of the tenant's issuer that is taken out ends what it opened, and no other's", async () => {
  const [token, other] = [sign(k1, "ann"), sign(k2, "bob")];
  const [lost, kept] = [await openAll(token), await openAll(other)];
  const rest = lost.reader.rest();
  const response = await fetch(`${one.url}/api/v1/admin/tenants/${tenant_id}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/merge-patch+json", "X-Admin-Token": adminToken },
    body: JSON.stringify({ settings: { auth: { keys: [k2.jwk] } } }),
  });
  expect(response.status).toBe(200);

  // Nobody asks anything of them meanwhile: they end by the announcement alone.
  for (const { closed, frames } of lost.sockets) {
    expect(await closed).toBe(4401);
    expect(frames.at(-1)?.data).toMatchObject({ error_code: "INVALID_TOKEN" });
  }
  expect(await rest).toMatchObject([
    { event: "error", frame: { data: { error_code: "INVALID_TOKEN" } } },
  ]);
  const again = { tenant_id, ticket: lost.ticket };
  await expect(openWs(two.wsUrl, again)).rejects.toThrow("401");
  await expect(openWs(two.wsUrl, { tenant_id, token })).rejects.toThrow("401");

  for (const socket of kept.sockets) {
    socket.send("chat_message", { message: "What is it?" });
    await socket.until("processing");
    await socket.close();
  }
  const opened = await openWs(two.wsUrl, { tenant_id, ticket: kept.ticket });
  await opened.until("connection_established");
  await opened.close();
  await kept.reader.leave();
});
