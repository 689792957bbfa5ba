import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import {
  claimChats,
  describeCaller,
  exchangeToken,
  giveTicket,
  refreshToken,
  refreshableMs,
} from "../../../api/core/access/sign-in.ts";
import { makeVisitor } from "../../../api/core/access/visitor.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import { createChat } from "../../../api/core/chats.ts";
import { openWorld, page } from "./open-world.ts";

const minute = 60_000;

function open(settings = {}) {
  const world = openWorld(settings);
  const chats = createMemoryStore(() => new Date(world.clock.now()));
  const deps = { ...world.gate, chats, audit: world.audit };

  async function asServer(fields = {}): Promise<Caller> {
    const { text } = await world.makeKey("demo", "server", fields);
    return world.identify({ apiKey: text });
  }
  async function asUser(externalId = "u-1"): Promise<{ caller: Caller; token: string }> {
    const { token } = await exchangeToken(deps, await asServer(), { externalId });
    return { caller: await world.identify({ token }), token };
  }
  return { ...world, deps, chats, asServer, asUser };
}

describe("a token is made for a user", () => {
  test("by a server with its key, and is that user's at the doors", async () => {
    const { deps, asServer, identify } = open();
    const server = await asServer();
    const made = await exchangeToken(deps, server, { externalId: "u-1", name: "Ann" }, 60);
    expect(made).toMatchObject({ expiresIn: 60, user: { externalId: "u-1", name: "Ann" } });
    const user = await identify({ token: made.token });
    expect(user).toMatchObject({
      user: made.user,
      key: undefined,
      tokenKey: { id: server.key?.id },
      admin: undefined,
    });
  });

  test("who stays the same user, with what was told of them last", async () => {
    const { deps, asServer } = open();
    const server = await asServer();
    const first = await exchangeToken(deps, server, {
      externalId: "u-1",
      name: "Ann",
      email: "a@b.c",
    });
    const second = await exchangeToken(deps, server, { externalId: "u-1", name: "Anne" });
    expect(second.user).toEqual({ ...first.user, name: "Anne" });
    expect(first.expiresIn).toBe(3600);
  });

  test("by the platform's admin, and by nobody who isn't a server", async () => {
    const { deps, makeKey, identify, asUser } = open();
    const platform: Caller = { ...(await identify()), admin: "platform" };
    expect((await exchangeToken(deps, platform, { externalId: "u-1" })).user.externalId).toBe(
      "u-1",
    );
    const { text: apiKey } = await makeKey("demo", "publishable");
    const fromPage = { ...page, origin: page.own };
    const { token } = await makeVisitor(deps.visitorTokens, platform);
    const others = [
      await identify(),
      await identify({ apiKey, page: fromPage }),
      await identify({ visitorToken: token }),
      (await asUser()).caller,
    ];
    for (const caller of others)
      await expect(exchangeToken(deps, caller, { externalId: "u-2" })).rejects.toMatchObject({
        code: "TOKEN_REQUIRED",
      });
    expect((await deps.users.listUsers("demo", { limit: 10 })).items).toHaveLength(1);
  });

  test("by an admin only under an entry of the audit log, which stands before", async () => {
    const { deps, audit, asServer, makeKey, identify } = open();
    const admin = await identify({ apiKey: (await makeKey("demo", "admin")).text });
    const platform: Caller = { ...(await identify()), admin: "platform" };
    const read = async () => {
      const { items } = await audit.list("demo", { limit: 10 });
      return items.toReversed().filter(({ action }) => action !== "key.create");
    };
    await exchangeToken(deps, await asServer(), { externalId: "u-1" });
    expect(await read()).toEqual([]);
    const { user } = await exchangeToken(deps, admin, { externalId: "u-1" }, 90);
    await exchangeToken(deps, platform, { externalId: "u-1" });
    const entry = { action: "token.create", tenantId: "demo", target: user.id };
    expect(await read()).toMatchObject([
      { ...entry, actor: { kind: "key", id: admin.key?.id }, details: { expires_in: 90 } },
      { ...entry, actor: { kind: "platform", id: null }, details: { expires_in: 3600 } },
    ]);
    const full = { add: async () => Promise.reject(new Error("The log is away")) };
    let issued = 0;
    const userTokens = {
      ...deps.userTokens,
      issue: (...args: Parameters<typeof deps.userTokens.issue>) => {
        issued += 1;
        return deps.userTokens.issue(...args);
      },
    };
    const made = exchangeToken({ ...deps, userTokens, audit: full }, admin, { externalId: "u-1" });
    await expect(made).rejects.toThrow("The log is away");
    expect(issued).toBe(0);
  });

  test("and never outlives the key that made it", async () => {
    const { deps, asServer, clock } = open();
    const expiresAt = new Date(clock.now() + 10 * minute);
    const server = await asServer({ expiresAt });
    const made = await exchangeToken(deps, server, { externalId: "u-1" }, 3600);
    expect(made.expiresIn).toBe(600);
  });

  test("but for one whom the tenant has blocked", async () => {
    const { deps, asServer, asUser, changeUser, identify } = open();
    const { caller, token } = await asUser();
    if (caller.user) await changeUser(caller.user, { status: "blocked" });
    await expect(
      exchangeToken(deps, await asServer(), { externalId: "u-1" }),
    ).rejects.toMatchObject({ code: "USER_NOT_FOUND" });
    await expect(identify({ token })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  test("and ends with the key that made it", async () => {
    const { deps, makeKey, revokeKey, identify } = open();
    const { text, key } = await makeKey("demo", "server");
    const { token } = await exchangeToken(deps, await identify({ apiKey: text }), {
      externalId: "u-1",
    });
    await revokeKey(key);
    await expect(identify({ token })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("a token is refreshed", () => {
  test("into one that is good for longer, until twelve hours after the person was vouched for", async () => {
    const { deps, asUser, identify, clock } = open();
    let { caller, token } = await asUser();
    const since = clock.now();
    let refreshed = 0;
    while (clock.now() + 50 * minute < since + refreshableMs) {
      clock.advance(50 * minute);
      const made = await refreshToken(deps, caller, token);
      const left = since + refreshableMs - clock.now();
      expect(made.expiresIn).toBe(Math.min(3600, left / 1000));
      token = made.token;
      caller = await identify({ token });
      refreshed += 1;
    }
    expect(refreshed).toBe(14);
    clock.advance(since + refreshableMs + minute - clock.now());
    await expect(identify({ token })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  test("no more after that, though it is good itself", async () => {
    const { deps, asServer, identify, clock } = open();
    const made = await exchangeToken(deps, await asServer(), { externalId: "u-1" }, 86_400);
    clock.advance(refreshableMs);
    const caller = await identify({ token: made.token });
    await expect(refreshToken(deps, caller, made.token)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  test("for its user alone, and only where it is shown", async () => {
    const { deps, asServer, asUser, identify } = open();
    const { token, caller } = await asUser();
    const other = await asUser("u-2");
    await expect(refreshToken(deps, caller, other.token)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    for (const [who, shown] of [
      [await asServer(), token],
      [await identify(), token],
      [caller, undefined],
    ] as const)
      await expect(refreshToken(deps, who, shown)).rejects.toMatchObject({
        code: "TOKEN_REQUIRED",
      });
  });
});

test("a caller is described as what they have proven to be", async () => {
  const { deps, makeKey, identify, asServer, asUser, clock } = open();
  const fromPage = { ...page, origin: page.own };
  const anonymous = await identify();
  const { visitorId, token: visitorToken } = await makeVisitor(deps.visitorTokens, anonymous);
  const { text: apiKey } = await makeKey("demo", "publishable");
  const { text: adminKey, key } = await makeKey("demo", "admin");
  const { caller: user } = await asUser();
  const kinds: [Caller, string][] = [
    [anonymous, "anonymous"],
    [await identify({ visitorToken }), "visitor"],
    [await identify({ apiKey, page: fromPage }), "key"],
    [await identify({ apiKey, visitorToken, page: fromPage }), "visitor"],
    [await asServer(), "key"],
    [await identify({ apiKey: adminKey }), "key"],
    [user, "user"],
    [{ ...anonymous, admin: "platform" }, "admin"],
  ];
  expect(kinds.map(([caller]) => describeCaller(caller).kind)).toEqual(
    kinds.map(([, kind]) => kind),
  );
  expect(describeCaller(await identify({ visitorToken }))).toMatchObject({ visitorId, user: null });
  expect(describeCaller(await identify({ apiKey: adminKey }))).toMatchObject({
    key: { id: key.id },
    admin: "tenant",
    expiresAt: null,
  });
  expect(describeCaller(user)).toMatchObject({
    user: { externalId: "u-1" },
    expiresAt: new Date(clock.now() + 60 * minute),
  });
});

describe("a ticket", () => {
  test("stands once for what was shown for it, to the page that asked for it", async () => {
    const { deps, asUser, identify } = open({ allowed_origins: ["https://a.example"] });
    const { caller } = await asUser();
    const a = { ...page, origin: "https://a.example" };
    const { ticket, expiresIn } = await giveTicket(deps, caller, a);
    expect([ticket.slice(0, 4), expiresIn]).toEqual(["tkt_", 30]);
    const opened = await identify({ ticket, page: a });
    expect(opened).toMatchObject({ user: caller.user, expiresAt: caller.expiresAt });
    await expect(identify({ ticket, page: a })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    const other = await giveTicket(deps, caller, a);
    for (const from of [page, { ...page, origin: page.own }])
      await expect(identify({ ticket: other.ticket, page: from })).rejects.toMatchObject({
        code: "INVALID_TOKEN",
      });
  });

  test("is good for thirty seconds, and no longer than what is behind it", async () => {
    const { deps, asUser, identify, clock, revokeKey } = open();
    const { caller } = await asUser();
    const late = await giveTicket(deps, caller, page);
    clock.advance(30_000);
    await expect(identify({ ticket: late.ticket })).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    const revoked = await giveTicket(deps, caller, page);
    if (caller.tokenKey) await revokeKey(caller.tokenKey);
    await expect(identify({ ticket: revoked.ticket })).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  test("stands for nobody who administers the platform", async () => {
    const { deps, identify } = open();
    const platform: Caller = { ...(await identify()), admin: "platform" };
    await expect(giveTicket(deps, platform, page)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });
});

describe("the chats of a visitor", () => {
  test("become those of the user who signs in, and need the user from then on", async () => {
    const { deps, chats, identify, asUser, clock } = open();
    const anonymous = await identify();
    const { visitorId, token } = await makeVisitor(deps.visitorTokens, anonymous);
    const now = new Date(clock.now());
    for (const title of ["1", "2"])
      await createChat(chats, { ...anonymous, visitorId }, { title }, now);
    const { caller } = await asUser();
    expect(await claimChats(deps, caller, token)).toBe(2);
    expect(await claimChats(deps, caller, token)).toBe(0);
    const { items } = await chats.listChats(caller.tenant, caller.user?.id ?? "", { limit: 10 });
    expect(items.map(({ title }) => title).toSorted()).toEqual(["1", "2"]);
  });

  test("are nobody's to claim who has no user, no right token, or one of another tenant", async () => {
    const { deps, identify, asUser, asServer } = open();
    const { token } = await makeVisitor(deps.visitorTokens, await identify());
    const elsewhere = await makeVisitor(deps.visitorTokens, await identify({}, "other"));
    for (const caller of [
      await identify(),
      await asServer(),
      await identify({ visitorToken: token }),
    ])
      await expect(claimChats(deps, caller, token)).rejects.toMatchObject({
        code: "TOKEN_REQUIRED",
      });
    const { caller, token: userToken } = await asUser();
    for (const wrong of ["x", userToken, elsewhere.token, `${token}x`])
      await expect(claimChats(deps, caller, wrong)).rejects.toMatchObject({
        code: "INVALID_TOKEN",
      });
  });
});
