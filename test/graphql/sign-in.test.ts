import { describe, expect, test } from "vitest";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { createChat, openPlatform, type Created, type Headings } from "./client.ts";

const createToken = `mutation ($input: CreateUserTokenInput!) { createUserToken(input: $input) {
  accessToken expiresIn user { id externalId name email role status } } }`;
const refresh = "mutation { refreshUserToken { accessToken expiresIn user { externalId } } }";
const ticket = "mutation { createTicket { ticket expiresIn } }";
const claim = `mutation ($token: String!) { claimChats(input: { visitorToken: $token }) { claimed } }`;
const me = `{ me { tenantId kind visitorId user { externalId } key { id name prefix role } admin
  expiresAt } }`;

interface Token {
  readonly accessToken: string;
}

const bearer = (token: string): Headings => ({ Authorization: `Bearer ${token}` });

async function open() {
  const platform = openPlatform({
    tenants: [makeTenant("demo", { allowed_origins: ["https://a.example"] })],
  });
  const { key, text } = await platform.access.makeKey("demo", "server");
  const server: Headings = { "X-API-Key": text };
  const signIn = async (externalId: string) =>
    (await platform.ask<{ createUserToken: Token }>(createToken, { input: { externalId } }, server))
      .createUserToken.accessToken;
  return { ...platform, key, text, server, signIn };
}

describe("createUserToken", () => {
  test("gives a server a token for its user", async () => {
    const { ask, server, key, text, clock } = await open();
    const input = { externalId: "u-1", name: "Ann", email: "ann@example.com", expiresIn: 120 };
    const { createUserToken: made } = await ask<{ createUserToken: Token }>(
      createToken,
      { input },
      server,
    );
    const user = { externalId: "u-1", name: "Ann", email: "ann@example.com" };
    expect(made).toMatchObject({
      expiresIn: 120,
      user: { ...user, role: "MEMBER", status: "ACTIVE" },
    });
    expect(await ask(me, {}, bearer(made.accessToken))).toEqual({
      me: {
        tenantId: "demo",
        kind: "USER",
        visitorId: null,
        user: { externalId: "u-1" },
        key: null,
        admin: null,
        expiresAt: new Date(clock.now() + 120_000).toISOString(),
      },
    });
    const shown = { id: key.id, name: "For tests", prefix: text.slice(0, 11), role: "SERVER" };
    expect(await ask(me, {}, server)).toMatchObject({ me: { kind: "KEY", key: shown } });
  });

  test("is for servers and the platform's admin alone", async () => {
    const { ask, refusal, signIn, access } = await open();
    const variables = { input: { externalId: "u-2" } };
    const { text } = await access.makeKey("demo", "publishable");
    const page = { "X-API-Key": text, Origin: "https://a.example" };
    for (const headers of [{}, page, bearer(await signIn("u-1"))])
      expect(await refusal(createToken, variables, headers)).toEqual(["TOKEN_REQUIRED"]);
    const made = await ask(createToken, variables, { "X-Admin-Token": adminToken });
    expect(made).toMatchObject({ createUserToken: { user: { externalId: "u-2" } } });
  });

  test.each([
    { externalId: "" },
    { externalId: " " },
    { externalId: "x".repeat(257) },
    { externalId: "a\0" },
    { externalId: "u", name: "\ud800" },
    { externalId: "u", email: "x".repeat(321) },
    { externalId: "u", expiresIn: 59 },
    { externalId: "u", expiresIn: 86_401 },
  ])("refuses %j", async (input) => {
    const { refusal, server } = await open();
    expect(await refusal(createToken, { input }, server)).toEqual(["INVALID_REQUEST"]);
  });
});

test("refreshUserToken gives a fresh token for the one that is shown", async () => {
  const { ask, refusal, signIn, server, clock } = await open();
  const token = await signIn("u-1");
  clock.advance(3_000_000);
  const { refreshUserToken: fresh } = await ask<{ refreshUserToken: Token }>(
    refresh,
    {},
    bearer(token),
  );
  expect(fresh).toMatchObject({ expiresIn: 3600, user: { externalId: "u-1" } });
  clock.advance(3_000_000);
  expect(await ask(me, {}, bearer(fresh.accessToken))).toMatchObject({ me: { kind: "USER" } });
  expect(await refusal(refresh, {}, bearer(token))).toEqual(["INVALID_TOKEN"]);
  expect(await refusal(refresh, {}, server)).toEqual(["TOKEN_REQUIRED"]);
  expect(await refusal(refresh)).toEqual(["TOKEN_REQUIRED"]);
});

test("createTicket gives a ticket for what is shown, bound to the page", async () => {
  const { ask, refusal, signIn, gate, clock } = await open();
  const headers = { ...bearer(await signIn("u-1")), Origin: "https://a.example" };
  const made = await ask<{ createTicket: { ticket: string } }>(ticket, {}, headers);
  expect(made).toMatchObject({ createTicket: { expiresIn: 30 } });
  const hash = gate.secrets.hash(made.createTicket.ticket);
  const now = new Date(clock.now());
  expect(await gate.tickets.takeTicket("demo", hash, now)).toMatchObject({
    userId: expect.stringMatching(/^user_/),
    origin: "https://a.example",
  });
  expect(await refusal(ticket, {}, { "X-Admin-Token": adminToken })).toEqual(["INVALID_REQUEST"]);
});

test("claimChats makes a visitor's chats the user's", async () => {
  const { ask, refusal, signIn } = await open();
  const { chat, visitorToken } = (await ask<Created>(createChat)).createChat;
  const user = bearer(await signIn("u-1"));
  const variables = { token: visitorToken };
  expect(await refusal(claim, variables)).toEqual(["TOKEN_REQUIRED"]);
  expect(await refusal(claim, { token: "x" }, user)).toEqual(["INVALID_TOKEN"]);
  expect(await ask(claim, variables, user)).toEqual({ claimChats: { claimed: 1 } });
  const chats = "{ chats { edges { node { id } } } }";
  expect(await ask(chats, {}, user)).toEqual({ chats: { edges: [{ node: { id: chat.id } }] } });
  const query = `{ chat(id: "${chat.id}") { id } }`;
  const visitor = { "X-Visitor-Token": visitorToken ?? "" };
  expect(await refusal(query, {}, visitor)).toEqual(["CHAT_NOT_FOUND"]);
});

test("the platform's admin administers a suspended tenant, and nobody else is let in", async () => {
  const { ask, refusal, tenants, server } = await open();
  tenants.suspend("demo");
  const documents = "{ documents { edges { cursor } } }";
  expect(await ask(documents, {}, { "X-Admin-Token": adminToken })).toEqual({
    documents: { edges: [] },
  });
  for (const headers of [{}, server, { "X-Admin-Token": "wrong" }])
    expect(await refusal(documents, {}, headers)).toEqual(["TENANT_NOT_FOUND"]);
});
