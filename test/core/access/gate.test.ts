import { describe, expect, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import type { Credentials } from "../../../api/core/access/credentials.ts";
import { identifyCaller, renewCaller, requireCredentials } from "../../../api/core/access/gate.ts";
import { openTenant } from "../../../api/core/access/open-tenant.ts";
import type { AppError } from "../../../api/core/errors.ts";
import { openMemoryAccess } from "../../support/access.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";

const adminToken = "the admin's token of these tests";
const own = "http://localhost:8000";
const noPage = { origin: undefined, own, isSameOrigin: false };
const shop = { ...noPage, origin: "https://shop.example" };
const invalid = { code: "INVALID_TOKEN", message: "The token is not valid" };

function open(settings: Record<string, unknown> = {}) {
  const clock = createManualClock();
  const tenants = createMemoryTenants([
    makeTenant("demo", { allowed_origins: ["https://shop.example"], ...settings }),
    makeTenant("other", { allowed_origins: ["https://shop.example"] }),
  ]);
  const access = openMemoryAccess({
    tenants,
    limiter: createMemoryLimiter(clock),
    limits: { enabled: false, requestsPerMinute: 60, burst: 0 },
    origins: [],
    clock,
    logger: createRecordingLogger(),
    adminToken,
  });
  async function identify(shown: Partial<Credentials> = {}, tenantId = "demo") {
    const tenant = await openTenant(tenants, tenantId);
    return identifyCaller(access.gate, tenant, {
      tenantId,
      page: noPage,
      address: "::1",
      ...shown,
    });
  }
  const refused = (shown: Partial<Credentials>, tenantId = "demo") =>
    expect(identify(shown, tenantId), JSON.stringify(shown)).rejects.toMatchObject(invalid);
  return { ...access, tenants, clock, identify, refused };
}

describe("a tenant", () => {
  it("is opened by its id, and has to be named", async () => {
    const { tenants } = open();
    expect(await openTenant(tenants, "demo")).toMatchObject({ id: "demo" });
    for (const id of [undefined, ""])
      await expect(openTenant(tenants, id)).rejects.toMatchObject({ code: "TENANT_REQUIRED" });
  });

  it("is refused alike when it is unknown, suspended or malformed", async () => {
    const { tenants } = open();
    tenants.suspend("other");
    const malformed = ["DEMO", "demo ", "../demo", "x".repeat(100), "__proto__", "constructor"];
    const refusals = await Promise.all(
      ["unknown", "other", ...malformed].map((id) =>
        openTenant(tenants, id).catch(({ code, message, status }: AppError) =>
          JSON.stringify({ code, message, status }),
        ),
      ),
    );
    expect(new Set(refusals)).toEqual(
      new Set(['{"code":"TENANT_NOT_FOUND","message":"Tenant not found","status":404}']),
    );
  });

  it("is not looked for when its id can't be one", async () => {
    const asked: string[] = [];
    const { tenants } = open();
    const spying = {
      ...tenants,
      findTenant: async (id: string) => {
        asked.push(id);
        return undefined;
      },
    };
    for (const id of ["a'; drop table", "A", "a\0"])
      await openTenant(spying, id).catch((error: unknown) => error);
    expect(asked).toEqual([]);
  });
});

describe("a caller", () => {
  it("who shows nothing is anonymous", async () => {
    expect(await open().identify({ clientId: "client_1", address: "203.0.113.9" })).toMatchObject({
      tenant: { id: "demo" },
      visitorId: undefined,
      user: undefined,
      key: undefined,
      admin: undefined,
      expiresAt: undefined,
      clientId: "client_1",
      address: "203.0.113.9",
    });
  });

  it("is whom a token proves, from wherever any kind may stand", async () => {
    const world = open();
    const visitor = await world.gate.visitorTokens.issue("demo", "vis_1");
    const ann = await world.makeUser("demo", "ann");
    const { text, key } = await world.makeKey("demo", "server");
    expect(await world.identify({ token: visitor })).toMatchObject({ visitorId: "vis_1" });
    expect(await world.identify({ token: await world.tokenOf(ann) })).toMatchObject({ user: ann });
    expect(await world.identify({ token: text })).toMatchObject({ key: { id: key.id } });
    expect(await world.identify({ token: adminToken })).toMatchObject({ admin: "platform" });
  });

  it("is all that several proofs say together, and expires with the first of them", async () => {
    const world = open();
    const { text, key } = await world.makeKey("demo", "publishable", {
      expiresAt: new Date(world.clock.now() + 1000),
    });
    const ann = await world.makeUser("demo", "ann");
    const shown = {
      apiKey: text,
      visitorToken: await world.gate.visitorTokens.issue("demo", "vis_1"),
      token: await world.tokenOf(ann),
      page: shop,
    };
    expect(await world.identify(shown)).toMatchObject({
      visitorId: "vis_1",
      user: { id: ann.id },
      key: { id: key.id },
      admin: undefined,
      expiresAt: world.clock.now() + 1000,
    });
  });

  it("is refused when one of the proofs is wrong, and not taken for what is left", async () => {
    const world = open();
    const { text } = await world.makeKey("demo", "admin");
    const visitorToken = await world.gate.visitorTokens.issue("other", "vis_1");
    await world.refused({ apiKey: text, visitorToken });
    await world.refused({ apiKey: text, token: "nonsense" });
    await world.refused({ apiKey: text, adminToken: "nonsense" });
    const second = await world.makeKey("demo", "server");
    await world.refused({ apiKey: text, token: second.text });
  });

  it("is refused for what has no form, however it is shown", async () => {
    const { refused } = open();
    for (const text of [
      "",
      " ",
      "nonsense",
      "a.b.c",
      "....",
      "sk_",
      "pk_short",
      "\0",
      "é".repeat(9),
    ]) {
      await refused({ token: text });
      await refused({ apiKey: text });
      await refused({ visitorToken: text });
      await refused({ adminToken: text });
      await refused({ ticket: text });
    }
    const { text } = await open().makeKey("demo", "admin");
    await refused({ adminToken: text });
  });
});

describe("a key", () => {
  it("is good for its own tenant alone", async () => {
    const world = open();
    for (const role of ["publishable", "server", "admin"] as const) {
      const { text } = await world.makeKey("other", role);
      await world.refused({ apiKey: text, page: shop });
      await expect(world.identify({ apiKey: text, page: shop }, "other")).resolves.toBeTruthy();
    }
  });

  it("is refused from the moment in which it is revoked or expires", async () => {
    const world = open();
    const revoked = await world.makeKey("demo", "server");
    await world.revokeKey(revoked.key);
    await world.refused({ apiKey: revoked.text });
    const expiring = await world.makeKey("demo", "server", {
      expiresAt: new Date(world.clock.now() + 1000),
    });
    world.clock.advance(999);
    await world.identify({ apiKey: expiring.text });
    world.clock.advance(1);
    await world.refused({ apiKey: expiring.text });
  });

  it("for pages is good from pages alone, and from those of its own list where it has one", async () => {
    const world = open({ allowed_origins: ["https://shop.example", "https://blog.example"] });
    const free = await world.makeKey("demo", "publishable");
    const bound = await world.makeKey("demo", "publishable", { origins: ["https://blog.example"] });
    const blog = { ...noPage, origin: "https://blog.example" };
    const codeOf = (apiKey: string, page: typeof noPage | typeof shop) =>
      world.identify({ apiKey, page }).then(
        () => "in",
        ({ code }: AppError) => code,
      );
    expect(await codeOf(free.text, shop)).toBe("in");
    expect(await codeOf(free.text, blog)).toBe("in");
    expect(await codeOf(free.text, { ...noPage, isSameOrigin: true })).toBe("in");
    expect(await codeOf(free.text, noPage)).toBe("ORIGIN_NOT_ALLOWED");
    expect(await codeOf(bound.text, blog)).toBe("in");
    expect(await codeOf(bound.text, shop)).toBe("ORIGIN_NOT_ALLOWED");
    expect(await codeOf(bound.text, { ...noPage, isSameOrigin: true })).toBe("ORIGIN_NOT_ALLOWED");
  });

  it("of a server needs no page, and its use is noted", async () => {
    const world = open();
    const { text, key } = await world.makeKey("demo", "admin");
    expect(await world.identify({ apiKey: text })).toMatchObject({ admin: "tenant" });
    const used = await world.gate.keys.findKey(key.id);
    expect(used?.lastUsedAt?.getTime()).toBe(world.clock.now());
  });
});

describe("a user's token", () => {
  it("is refused when the user is blocked, is another tenant's, or its key is no longer good", async () => {
    const world = open();
    const { key } = await world.makeKey("demo", "server");
    const ann = await world.makeUser("demo", "ann");
    const token = await world.tokenOf(ann, { keyId: key.id });
    expect(await world.identify({ token })).toMatchObject({
      user: ann,
      key: undefined,
      tokenKey: key,
    });
    await world.refused({ token }, "other");
    await world.revokeKey(key);
    await world.refused({ token });
    const fresh = await world.tokenOf(ann);
    await world.changeUser(ann, { status: "blocked" });
    await world.refused({ token: fresh });
  });

  it("administers as the user does, where a server's key didn't make it", async () => {
    const world = open();
    const { key } = await world.makeKey("demo", "admin");
    const ann = await world.makeUser("demo", "ann");
    const token = await world.tokenOf(ann, { keyId: key.id });
    expect(await world.identify({ token })).toMatchObject({ admin: undefined });
    await world.changeUser(ann, { role: "admin" });
    expect(await world.identify({ token })).toMatchObject({ admin: "tenant" });
    const server = await world.makeKey("demo", "server");
    const vouched = await world.tokenOf(ann, { keyId: server.key.id });
    expect(await world.identify({ token: vouched })).toMatchObject({ admin: undefined });
    const page = await world.makeKey("demo", "publishable");
    const shown = { token: vouched, apiKey: page.text, page: shop };
    expect(await world.identify(shown)).toMatchObject({ admin: undefined });
    await world.revokeKey(server.key);
    await world.refused(shown);
  });
});

describe("a ticket", () => {
  it("stands once for what was shown for it, to the page that asked for it", async () => {
    const world = open();
    const { key } = await world.makeKey("demo", "publishable");
    const ann = await world.makeUser("demo", "ann");
    const holder = {
      visitorId: "vis_1",
      userId: ann.id,
      keyId: key.id,
      origin: "https://shop.example",
      credentialsExpireAt: world.clock.now() + 5000,
    };
    const ticket = await world.makeTicket("demo", holder);
    expect(await world.identify({ ticket, page: shop })).toMatchObject({
      visitorId: "vis_1",
      user: { id: ann.id },
      key: { id: key.id },
      expiresAt: world.clock.now() + 5000,
    });
    await world.refused({ ticket, page: shop });
    await world.refused({ ticket: await world.makeTicket("demo", holder) });
    await world.refused({ ticket: await world.makeTicket("demo"), page: shop });
    const late = await world.makeTicket("demo");
    world.clock.advance(30_000);
    await world.refused({ ticket: late });
    await world.refused({ ticket: await world.makeTicket("other") });
  });

  it("doesn't outlive the key and the user that it stands for", async () => {
    const world = open();
    const { key } = await world.makeKey("demo", "server");
    const ann = await world.makeUser("demo", "ann");
    const [ofKey, ofUser] = [
      await world.makeTicket("demo", { keyId: key.id }),
      await world.makeTicket("demo", { userId: ann.id }),
    ];
    await world.revokeKey(key);
    await world.changeUser(ann, { status: "blocked" });
    await world.refused({ ticket: ofKey });
    await world.refused({ ticket: ofUser });
  });
});

it("an origin is allowed by the platform, by its tenant, and where it is our own; to the letter", async () => {
  const world = open();
  const allows = (origin: string | undefined) =>
    world.identify({ page: { ...noPage, origin } }).then(
      () => true,
      ({ code }: AppError) => code,
    );
  for (const origin of [undefined, own, "https://shop.example"])
    expect(await allows(origin)).toBe(true);
  const foreign = ["null", "", "*", "https://shop.example.evil", "http://shop.example"];
  const similar = ["https://shop.example:8443", "HTTPS://SHOP.EXAMPLE", "https://shop.example/"];
  for (const origin of [...foreign, ...similar])
    expect(await allows(origin), origin).toBe("ORIGIN_NOT_ALLOWED");
});

describe("a tenant that asks for more than a name", () => {
  const cases = [
    ["none", [true, true, true, true, true, true]],
    ["key", [false, false, true, true, true, true]],
    ["user", [false, false, false, true, true, true]],
  ] as const;

  it.each(cases)("required: %s", async (required, expected) => {
    const world = open({ auth: { required } });
    const ann = await world.makeUser("demo", "ann");
    const shown: Partial<Credentials>[] = [
      {},
      { visitorToken: await world.gate.visitorTokens.issue("demo", "vis_1") },
      { apiKey: (await world.makeKey("demo", "publishable")).text, page: shop },
      { apiKey: (await world.makeKey("demo", "server")).text },
      { token: await world.tokenOf(ann) },
      { adminToken },
    ];
    const isLetIn = async (one: Partial<Credentials>) => {
      const caller = await world.identify(one);
      try {
        requireCredentials(caller);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: "TOKEN_REQUIRED", status: 401 });
        return false;
      }
    };
    expect(await Promise.all(shown.map(isLetIn))).toEqual(expected);
  });
});

describe("the caller of an open connection", () => {
  it("is looked at anew: tenant, key, user and expiry", async () => {
    const world = open();
    const { key } = await world.makeKey("demo", "admin");
    const ann = await world.makeUser("demo", "ann");
    const token = await world.tokenOf(ann, { keyId: key.id, ttlMs: 60_000 });
    const caller = await world.identify({ token });
    const renew = () => renewCaller(world.gate, caller, noPage);
    expect(await renew()).toEqual(caller);
    await world.changeUser(ann, { role: "admin" });
    expect(await renew()).toMatchObject({ admin: "tenant" });
    await world.changeUser(ann, { status: "blocked" });
    await expect(renew()).rejects.toMatchObject(invalid);
    await world.changeUser(ann, { status: "active" });
    await world.expireKey(key, new Date(world.clock.now() + 1000));
    expect(await renew()).toMatchObject({ expiresAt: world.clock.now() + 1000 });
    await world.revokeKey(key);
    await expect(renew()).rejects.toMatchObject(invalid);
    world.clock.advance(60_000);
    await expect(renew()).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
    world.tenants.suspend("demo");
    await expect(renew()).rejects.toMatchObject({ code: "TENANT_NOT_FOUND" });
  });
});
