import { describe, expect, test } from "vitest";
import { makeTenant } from "../../support/tenant.ts";
import { settle } from "../../support/clock.ts";
import { openSlowWorld, openWorld, page } from "./open-world.ts";

const minute = 60_000;

describe("what is open", () => {
  test("is counted against the tenant, and gives its place back once", async () => {
    const world = openWorld({ limits: { concurrent_connections: 2, address_share: 100 } });
    const caller = await world.identify();
    const [first] = [await world.open(caller), await world.open(caller)];
    await expect(world.open(caller)).rejects.toMatchObject({
      code: "TOO_MANY_CONNECTIONS",
      message: "This tenant has no connection left",
    });
    first.close();
    first.close();
    await world.open(caller);
    await expect(world.open(caller)).rejects.toMatchObject({ code: "TOO_MANY_CONNECTIONS" });
  });

  test("is counted against the shares of the address and of the person", async () => {
    const world = openWorld({ limits: { concurrent_connections: 4 } });
    const visitorToken = await world.gate.visitorTokens.issue("demo", "vis_one");
    const visitor = await world.identify({ visitorToken });
    for (let count = 0; count < 2; count += 1) await world.open(visitor);
    const tooMany = { message: "Too many connections are open from here already" };
    await expect(world.open({ ...visitor, address: "198.51.100.1" })).rejects.toMatchObject(
      tooMany,
    );
    await expect(world.open(await world.identify())).rejects.toMatchObject(tooMany);
    await world.open({ ...(await world.identify()), address: "198.51.100.1" });
  });

  test("of a tenant's server is counted against the tenant alone", async () => {
    const world = openWorld({ limits: { concurrent_connections: 4 } });
    const { text } = await world.makeKey("demo", "server");
    const server = await world.identify({ apiKey: text });
    for (let count = 0; count < 4; count += 1) await world.open(server);
    expect(world.gate.connections.size).toBe(1);
    await expect(world.open(server)).rejects.toMatchObject({ code: "TOO_MANY_CONNECTIONS" });
  });

  test("leaves neither a place nor a timer when it is closed", async () => {
    const world = openWorld();
    const user = await world.makeUser("demo", "ann");
    const opened = await world.open(await world.identify({ token: await world.tokenOf(user) }));
    expect([world.gate.connections.size, world.clock.timers]).toEqual([3, 1]);
    opened.close();
    expect([world.gate.connections.size, world.clock.timers]).toEqual([0, 0]);
    world.clock.advance(24 * 60 * minute);
    expect(opened.ends).toEqual([]);
  });
});

describe("credentials that expire", () => {
  async function openFor(ttlMs: number, world = openWorld()) {
    const user = await world.makeUser("demo", "ann");
    const caller = await world.identify({ token: await world.tokenOf(user, { ttlMs }) });
    const warnings: number[] = [];
    const opened = await world.open(caller, { onExpiring: (at) => void warnings.push(at) });
    return { ...opened, world, user, warnings };
  }

  test("are warned of 30 s before, and end the access once, to the millisecond", async () => {
    const { world, ends, warnings } = await openFor(10 * minute);
    const expiresAt = world.clock.now() + 10 * minute;
    world.clock.advance(10 * minute - 30_001);
    expect(warnings).toEqual([]);
    world.clock.advance(1);
    expect(warnings).toEqual([expiresAt]);
    world.clock.advance(29_999);
    await settle();
    expect(ends).toEqual([]);
    world.clock.advance(1);
    expect(ends).toEqual(["TOKEN_EXPIRED"]);
    expect([world.gate.connections.size, world.clock.timers]).toEqual([0, 0]);
    world.accesses.change("any");
    await settle();
    expect([ends, warnings]).toEqual([["TOKEN_EXPIRED"], [expiresAt]]);
  });

  test("are warned of at once where less is left", async () => {
    const { world, warnings, ends } = await openFor(20_000);
    world.clock.advance(0);
    expect(warnings).toHaveLength(1);
    world.clock.advance(20_000);
    expect(ends).toEqual(["TOKEN_EXPIRED"]);
  });

  test("are waited for by a clock whose timers are shorter than that", async () => {
    const world = openWorld({}, ({ clock }) => ({
      clock: { ...clock, now: clock.now, after: (ms, run) => clock.after(Math.min(ms, 7000), run) },
    }));
    const { warnings, ends } = await openFor(10 * minute, world);
    world.clock.advance(10 * minute - 1);
    expect([warnings.length, ends]).toEqual([1, []]);
    world.clock.advance(1);
    expect(ends).toEqual(["TOKEN_EXPIRED"]);
  });

  test("count anew from a fresh proof on", async () => {
    const { world, user, warnings, ends, renew, caller } = await openFor(minute);
    world.clock.advance(40_000);
    const token = await world.tokenOf(user, { ttlMs: 2 * minute });
    await renew(await world.identify({ token }));
    world.clock.advance(minute);
    expect([warnings.length, ends]).toEqual([1, []]);
    world.clock.advance(minute);
    expect([warnings.length, ends]).toEqual([2, ["TOKEN_EXPIRED"]]);
    expect(caller().expiresAt).toBe(world.clock.now());
  });

  test("are a key's too, also where it is given its end while the access stands", async () => {
    const world = openWorld();
    const { text, key } = await world.makeKey("demo", "server");
    const opened = await world.open(await world.identify({ apiKey: text }));
    await world.expireKey(key, new Date(world.clock.now() + minute));
    world.accesses.change({ keyId: key.id });
    await settle();
    expect(opened.caller().expiresAt).toBe(world.clock.now() + minute);
    world.clock.advance(minute);
    expect(opened.ends).toEqual(["TOKEN_EXPIRED"]);
  });

  test("are those of the key that made a token where it ends before the token", async () => {
    const world = openWorld();
    const expiresAt = new Date(world.clock.now() + minute);
    const { key } = await world.makeKey("demo", "server", { expiresAt });
    const token = await world.tokenOf(await world.makeUser("demo", "ann"), { keyId: key.id });
    expect((await world.identify({ token })).expiresAt).toBe(expiresAt.getTime());
  });
});

describe("a change", () => {
  test("of a key ends what stands on it, and on a token that it made, and nothing else", async () => {
    const world = openWorld();
    const [{ text, key }, other] = [
      await world.makeKey("demo", "server"),
      await world.makeKey("demo", "server"),
    ];
    const user = await world.makeUser("demo", "ann");
    const token = await world.tokenOf(user, { keyId: key.id });
    const byKey = await world.open(await world.identify({ apiKey: text }));
    const byToken = await world.open(await world.identify({ token }));
    const byOther = await world.open(await world.identify({ apiKey: other.text }));
    await world.revokeKey(key);
    world.accesses.change({ keyId: key.id });
    await settle();
    expect([byKey.ends, byToken.ends]).toEqual([["INVALID_TOKEN"], ["INVALID_TOKEN"]]);
    world.accesses.change("any");
    await settle();
    expect(byOther.ends).toEqual([]);
  });

  test("of a user ends what is theirs when they are blocked, and gives the role that they have now", async () => {
    const world = openWorld();
    const user = await world.makeUser("demo", "ann");
    const opened = await world.open(await world.identify({ token: await world.tokenOf(user) }));
    await world.changeUser(user, { role: "admin" });
    world.accesses.change({ userId: user.id });
    await settle();
    expect(opened.caller().admin).toBe("tenant");
    await world.changeUser(user, { status: "blocked" });
    world.accesses.change({ userId: user.id });
    await settle();
    expect(opened.ends).toEqual(["INVALID_TOKEN"]);
  });

  test("of a tenant ends what is open of one that is gone, and nothing of another", async () => {
    const world = openWorld();
    const gone = await world.open(await world.identify());
    const other = await world.open(await world.identify({}, "other"));
    world.tenants.suspend("demo");
    world.accesses.change({ tenantId: "demo" });
    await settle();
    expect([gone.ends, other.ends]).toEqual([["TENANT_NOT_FOUND"], []]);
  });

  test("concerns who was made known by a fresh proof", async () => {
    const world = openWorld();
    const user = await world.makeUser("demo", "ann");
    const opened = await world.open(await world.identify());
    await opened.renew(await world.identify({ token: await world.tokenOf(user) }));
    await settle();
    await world.changeUser(user, { status: "blocked" });
    world.accesses.change({ userId: user.id });
    await settle();
    expect(opened.ends).toEqual(["INVALID_TOKEN"]);
  });

  test("of what a tenant asks for ends who doesn't show that", async () => {
    const world = openWorld();
    const { text } = await world.makeKey("demo", "server");
    const anyone = await world.open(await world.identify());
    const server = await world.open(await world.identify({ apiKey: text }));
    world.tenants.set(makeTenant("demo", { auth: { required: "user" } }));
    world.accesses.change({ tenantId: "demo" });
    await settle();
    expect([anyone.ends, server.ends]).toEqual([["TOKEN_REQUIRED"], []]);
  });

  test("of the origins that a tenant allows ends the pages of others", async () => {
    const origin = "https://shop.example";
    const world = openWorld({ allowed_origins: [origin] });
    const from = { ...page, origin };
    const opened = await world.open(await world.identify({ page: from }), {}, from);
    world.tenants.set(makeTenant("demo"));
    world.accesses.change({ tenantId: "demo" });
    await settle();
    expect(opened.ends).toEqual(["ORIGIN_NOT_ALLOWED"]);
  });

  test("between the proof and the opening is seen", async () => {
    const world = openWorld();
    const { text, key } = await world.makeKey("demo", "server");
    const caller = await world.identify({ apiKey: text });
    await world.revokeKey(key);
    const opened = await world.open(caller);
    await settle();
    expect(opened.ends).toEqual(["INVALID_TOKEN"]);
  });

  test("is seen however late an earlier look comes to its end", async () => {
    const { state, ...world } = openSlowWorld();
    const { text, key } = await world.makeKey("demo", "server");
    const opened = await world.open(await world.identify({ apiKey: text }));
    await settle();
    state.isSlow = true;
    world.accesses.change("any");
    await settle();
    await world.revokeKey(key);
    world.accesses.change({ keyId: key.id });
    await settle();
    const [early, late] = state.waiting;
    early?.();
    await settle();
    expect(opened.ends).toEqual([]);
    late?.();
    await settle();
    expect(opened.ends).toEqual(["INVALID_TOKEN"]);
  });

  test("is not forgotten for an earlier look that comes to its end later", async () => {
    const { state, ...world } = openSlowWorld();
    const { text } = await world.makeKey("demo", "server");
    const opened = await world.open(await world.identify({ apiKey: text }));
    await settle();
    state.isSlow = true;
    world.accesses.change("any");
    await settle();
    world.tenants.set(makeTenant("demo", { plan: "pro" }));
    world.accesses.change("any");
    await settle();
    for (const finish of state.waiting.toReversed()) {
      finish();
      await settle();
    }
    expect(opened.caller().tenant.settings.plan).toBe("pro");
  });
});
