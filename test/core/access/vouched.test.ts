import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import { identifyCaller, renewCaller } from "../../../api/core/access/gate.ts";
import { createOpenAccesses } from "../../../api/core/access/open-accesses.ts";
import { giveTicket } from "../../../api/core/access/sign-in.ts";
import type { IssuerProof, UserTokens } from "../../../api/core/access/tokens.ts";
import { AppError } from "../../../api/core/errors.ts";
import { settle } from "../../support/clock.ts";
import { address, openWorld, page } from "./open-world.ts";

const proof: IssuerProof = { issuer: "https://login.example", audience: "demo", thumbprint: "k1" };
const token = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
const invalid = { code: "INVALID_TOKEN" };

/** A tenant whose issuer's keys are in the hands of the test. */
function open() {
  const world = openWorld();
  const state = { good: new Set(["k1"]), isAway: false, asked: 0 };
  const userTokens: UserTokens = {
    issue: world.gate.userTokens.issue,
    verify: async () => ({
      issuer: "tenant",
      externalId: "ann",
      profile: {},
      issuedAt: world.clock.now(),
      expiresAt: world.clock.now() + 3_600_000,
      proof,
    }),
    async isStillGood(tenant, { thumbprint }) {
      state.asked += 1;
      if (state.isAway) throw new AppError("SERVICE_UNAVAILABLE", "Nobody can tell");
      return tenant.id === "demo" && state.good.has(thumbprint);
    },
  };
  const gate = { ...world.gate, userTokens };
  const identify = async (shown: { token?: string; ticket?: string }): Promise<Caller> => {
    const tenant = await world.tenants.findTenant("demo");
    if (!tenant) throw new Error("No tenant");
    return identifyCaller(gate, tenant, { tenantId: "demo", page, address, ...shown });
  };
  const accesses = createOpenAccesses({ ...gate, logger: world.logger });
  return { ...world, gate, accesses, identify, state };
}

describe("a user for whom the tenant's issuer vouches", () => {
  it("is known by what vouched for them, and stays so", async () => {
    const { gate, identify } = open();
    const caller = await identify({ token });
    expect(caller.vouchedBy).toEqual(proof);
    expect((await renewCaller(gate, caller, page)).vouchedBy).toEqual(proof);
  });

  it("is refused on an open connection once the key is no longer registered", async () => {
    const { gate, identify, state } = open();
    const caller = await identify({ token });
    state.good.delete("k1");
    await expect(renewCaller(gate, caller, page)).rejects.toMatchObject(invalid);
  });

  it("loses what is open when the tenant's settings change so; others keep theirs", async () => {
    const { accesses, identify, state, clock } = open();
    const ends: string[] = [];
    const caller = await identify({ token });
    await accesses.open(caller, page, ({ code }) => void ends.push(`vouched ${code}`));
    const other = { ...caller, vouchedBy: undefined };
    const kept = await accesses.open(other, page, ({ code }) => void ends.push(`other ${code}`));
    await settle();
    state.good.delete("k1");
    accesses.change({ tenantId: "demo" });
    await settle();
    expect(ends).toEqual(["vouched INVALID_TOKEN"]);
    expect(await kept.look()).toMatchObject({ user: caller.user });
    kept.close();
    expect(clock.timers).toBe(0);
  });

  it("keeps what is open while nobody can tell, and is looked at again", async () => {
    const { accesses, identify, state, clock } = open();
    const ends: string[] = [];
    const caller = await identify({ token });
    const access = await accesses.open(caller, page, ({ code }) => void ends.push(code));
    await settle();
    state.isAway = true;
    state.good.delete("k1");
    accesses.change({ tenantId: "demo" });
    await settle();
    await expect(access.look()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(ends).toEqual([]);
    state.isAway = false;
    clock.advance(1000);
    await settle();
    expect(ends).toEqual(["INVALID_TOKEN"]);
  });

  it("hands what vouched for them on to their tickets", async () => {
    const { gate, audit, identify, state } = open();
    const caller = await identify({ token });
    const deps = { ...gate, audit, chats: createMemoryStore() };
    const give = () => giveTicket(deps, caller, page);
    const [first, second] = [await give(), await give()];
    expect(await identify({ ticket: first.ticket })).toMatchObject({
      user: caller.user,
      vouchedBy: proof,
    });
    state.good.delete("k1");
    await expect(identify({ ticket: second.ticket })).rejects.toMatchObject(invalid);
  });
});

it("who was vouched for by a key, a ticket of an earlier version, or nothing is not asked about", async () => {
  const { gate, identify, makeUser, makeTicket, state } = open();
  const user = await makeUser("demo", "bob");
  const caller = await identify({ ticket: await makeTicket("demo", { userId: user.id }) });
  expect(caller).toMatchObject({ user: { id: user.id }, vouchedBy: undefined });
  await renewCaller(gate, caller, page);
  expect((await identify({})).vouchedBy).toBeUndefined();
  expect(state.asked).toBe(0);
});

it("a visitor is known no longer than their token", async () => {
  const { gate, accesses, identify, clock, makeUser, tokenOf } = openWorld();
  const visitorToken = await gate.visitorTokens.issue("demo", "vis_one");
  const caller = await identify({ visitorToken });
  expect(caller.expiresAt).toBe(clock.now() + 90 * 86_400_000);
  const token = await tokenOf(await makeUser("demo", "ann"), { ttlMs: 60_000 });
  expect((await identify({ visitorToken, token })).expiresAt).toBe(clock.now() + 60_000);
  const ends: string[] = [];
  await accesses.open(caller, page, ({ code }) => void ends.push(code));
  clock.advance(90 * 86_400_000 - 30_000);
  await settle();
  expect(ends).toEqual([]);
  clock.advance(30_000);
  expect(ends).toEqual(["TOKEN_EXPIRED"]);
});
