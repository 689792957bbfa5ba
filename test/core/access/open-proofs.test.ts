import { describe, expect, test } from "vitest";
import { makeTenant } from "../../support/tenant.ts";
import { passUntil, settle } from "../../support/clock.ts";
import { address, openSlowWorld, openWorld, page } from "./open-world.ts";

describe("while nobody can tell whether callers are still good", () => {
  function openBroken(settings: Record<string, unknown> = {}) {
    const state = { isAway: false, asked: 0 };
    const world = openWorld(settings, ({ keys }) => ({
      keys: {
        ...keys,
        findKey(id) {
          state.asked += 1;
          return state.isAway ? Promise.reject(new Error("Away")) : keys.findKey(id);
        },
      },
    }));
    return { ...world, state };
  }

  test("they stay, it is said once, and they are looked at again", async () => {
    const world = openBroken();
    const { text, key } = await world.makeKey("demo", "server");
    const caller = await world.identify({ apiKey: text });
    const opened = [await world.open(caller), await world.open(caller)];
    await settle();
    world.state.isAway = true;
    await world.revokeKey(key);
    world.accesses.change({ keyId: key.id });
    await settle();
    expect(world.logger.lines.map(({ level }) => level)).toEqual(["warn"]);
    expect(opened.map(({ ends }) => ends)).toEqual([[], []]);
    world.state.isAway = false;
    expect(world.clock.timers).toBe(1);
    world.clock.advance(1000);
    await settle();
    expect(opened.map(({ ends }) => ends)).toEqual([["INVALID_TOKEN"], ["INVALID_TOKEN"]]);
    expect(world.clock.timers).toBe(0);
  });

  test("one that is closed is not looked at again", async () => {
    const world = openBroken();
    const { text } = await world.makeKey("demo", "server");
    const caller = await world.identify({ apiKey: text });
    world.state.isAway = true;
    const opened = await world.open(caller);
    await settle();
    opened.close();
    expect(world.clock.timers).toBe(0);
  });

  test("one is tried for all, ever more seldom", async () => {
    const world = openBroken({ limits: { concurrent_connections: 100 } });
    const { text, key } = await world.makeKey("demo", "server");
    const caller = await world.identify({ apiKey: text });
    const opened = [];
    for (let count = 0; count < 100; count += 1) opened.push(await world.open(caller));
    await settle();
    world.state.isAway = true;
    world.state.asked = 0;
    await world.revokeKey(key);
    world.accesses.change({ keyId: key.id });
    await settle();
    for (let second = 0; second < 60; second += 1) {
      world.clock.advance(1000);
      await settle();
    }
    // After 1, 3, 7, 15, 30, 45 and 60 seconds.
    expect(world.state.asked).toBe(20 + 7);
    expect(opened.flatMap(({ ends }) => ends)).toEqual([]);
    world.state.isAway = false;
    world.clock.advance(15_000);
    await settle();
    for (const { ends } of opened) expect(ends).toEqual(["INVALID_TOKEN"]);
    expect([world.gate.connections.size, world.clock.timers]).toEqual([0, 0]);
  });

  test("a look for a frame says so, and ends nothing", async () => {
    const world = openBroken();
    const { text } = await world.makeKey("demo", "server");
    const opened = await world.open(await world.identify({ apiKey: text }));
    world.state.isAway = true;
    await expect(opened.look()).rejects.toThrow("Away");
    expect(opened.ends).toEqual([]);
  });
});

describe("a look for a frame", () => {
  test("gives the caller as they are now, whatever was announced", async () => {
    const world = openWorld();
    const opened = await world.open(await world.identify());
    world.tenants.set(makeTenant("demo", { features: { chat: false } }));
    expect((await opened.look()).tenant.settings.features.chat).toBe(false);
    expect(opened.caller().tenant.settings.features.chat).toBe(false);
  });

  test("that finds a fault ends the access, and says why", async () => {
    const world = openWorld();
    const opened = await world.open(await world.identify());
    await settle();
    world.tenants.suspend("demo");
    await expect(opened.look()).rejects.toMatchObject({ code: "TENANT_NOT_FOUND" });
    expect(opened.ends).toEqual(["TENANT_NOT_FOUND"]);
    expect(world.gate.connections.size).toBe(0);
  });
});

describe("a fresh proof", () => {
  test("counts for its person from then on", async () => {
    const world = openWorld({ limits: { concurrent_connections: 2, address_share: 100 } });
    const token = await world.tokenOf(await world.makeUser("demo", "ann"));
    const user = await world.identify({ token });
    const opened = await world.open(await world.identify());
    await opened.renew(user);
    const second = await world.open(await world.identify());
    await expect(second.renew(user)).rejects.toMatchObject({ code: "TOO_MANY_CONNECTIONS" });
    expect([second.caller().user, second.ends]).toEqual([undefined, []]);
    opened.close();
    await second.renew(user);
    second.close();
    expect(world.gate.connections.size).toBe(0);
  });

  test("is good though the old one is found wrong in the meantime", async () => {
    const { state, ...world } = openSlowWorld();
    const [old, fresh] = [
      await world.makeKey("demo", "server"),
      await world.makeKey("demo", "server"),
    ];
    const opened = await world.open(await world.identify({ apiKey: old.text }));
    await settle();
    const proof = await world.identify({ apiKey: fresh.text });
    await world.revokeKey(old.key);
    state.isSlow = true;
    world.accesses.change({ keyId: old.key.id });
    await settle();
    await opened.renew(proof);
    await settle();
    for (const finish of state.waiting) finish();
    await settle();
    expect([opened.ends, opened.caller().key?.id]).toEqual([[], fresh.key.id]);
  });

  test("that is revoked before it is taken ends the access", async () => {
    const world = openWorld();
    const { text, key } = await world.makeKey("demo", "server");
    const opened = await world.open(await world.identify());
    const proof = await world.identify({ apiKey: text });
    await world.revokeKey(key);
    await opened.renew(proof);
    await settle();
    expect(opened.ends).toEqual(["INVALID_TOKEN"]);
  });

  test("of an access that was closed meanwhile holds nothing", async () => {
    const world = openWorld();
    const token = await world.tokenOf(await world.makeUser("demo", "ann"));
    const opened = await world.open(await world.identify());
    const renewing = opened.renew(await world.identify({ token }));
    opened.close();
    await renewing;
    expect([world.gate.connections.size, world.clock.timers]).toEqual([0, 0]);
  });
});

describe("one who is still to show what the tenant asks for", () => {
  const required = { auth: { required: "user" } };

  test("holds a place, and is not ended for the lack of it", async () => {
    const world = openWorld({ ...required, limits: { concurrent_connections: 1 } });
    const opened = await world.open(await world.identify(), { awaitsProof: true });
    world.accesses.change("any");
    await settle();
    expect((await opened.look()).tenant.id).toBe("demo");
    expect(opened.ends).toEqual([]);
    await expect(world.open(await world.identify(), { awaitsProof: true })).rejects.toMatchObject({
      code: "TOO_MANY_CONNECTIONS",
    });
  });

  test("is ended with the tenant", async () => {
    const world = openWorld(required);
    const opened = await world.open(await world.identify(), { awaitsProof: true });
    world.tenants.suspend("demo");
    world.accesses.change({ tenantId: "demo" });
    await settle();
    expect(opened.ends).toEqual(["TENANT_NOT_FOUND"]);
  });

  test("is one like all others once it is shown", async () => {
    const world = openWorld(required);
    const user = await world.makeUser("demo", "ann");
    const opened = await world.open(await world.identify(), { awaitsProof: true });
    await opened.renew(await world.identify({ token: await world.tokenOf(user) }));
    expect((await opened.look()).user?.id).toBe(user.id);
    expect(opened.caller().address).toBe(address);
    await world.changeUser(user, { status: "blocked" });
    await expect(passUntil(world.clock, opened.look())).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  test("is asked for more when the tenant asks for more", async () => {
    const world = openWorld({ auth: { required: "key" } });
    const from = { ...page, isSameOrigin: true };
    const { text } = await world.makeKey("demo", "publishable");
    const opened = await world.open(await world.identify(), { awaitsProof: true }, from);
    await opened.renew(await world.identify({ apiKey: text, page: from }));
    await settle();
    world.tenants.set(makeTenant("demo", required));
    world.accesses.change({ tenantId: "demo" });
    await settle();
    expect(opened.ends).toEqual(["TOKEN_REQUIRED"]);
  });
});
