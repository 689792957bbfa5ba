import { describe, expect, it } from "vitest";
import { createMemoryLeases } from "../../../api/adapters/memory/leases.ts";
import { AppError } from "../../../api/core/errors.ts";
import type { LeaseStore } from "../../../api/core/turns/lease-store.ts";
import { idleMs, openLease } from "../../../api/core/turns/lease.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

const leaseMs = 2000;

/** Processes over one store of leases. An absent process hears nothing from the store, and does nothing. */
function openWorld() {
  const clock = createManualClock();
  const store = createMemoryLeases(clock);
  let isStoreAway = false;

  interface Options {
    readonly mayClaim?: () => boolean;
    readonly isAlone?: boolean;
    readonly isIdle?: () => boolean;
  }

  async function start(name: string, options: Options = {}) {
    let lives = 0;
    let isFrozen = false;
    const claimed: (readonly string[])[] = [];
    const logger = createRecordingLogger();
    const lost: string[] = [];
    const spoiled = spoil(store, async () => {
      if (isFrozen) await new Promise<never>(() => {});
      if (isStoreAway) throw new AppError("SERVICE_UNAVAILABLE", "The database can't be reached");
    });
    const lease = await openLease({
      store: spoiled,
      clock,
      logger,
      leaseMs,
      isAlone: options.isAlone ?? false,
      newProcess: () => `${name}-${(lives += 1)}`,
      onLost: () => void lost.push(name),
      onClaim: (tenantIds) => void claimed.push(tenantIds),
      mayClaim: options.mayClaim ?? (() => true),
      isIdle: options.isIdle ?? (() => true),
    });
    return { lease, claimed, lost, logger, freeze: () => (isFrozen = true) };
  }

  return {
    clock,
    store,
    start,
    loseStore: (isAway: boolean) => (isStoreAway = isAway),
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 100) {
        clock.advance(Math.min(100, left));
        await settle();
      }
    },
  };
}

function spoil(store: LeaseStore, before: () => Promise<void>): LeaseStore {
  const wrap =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      await before();
      return call(...args);
    };
  return {
    register: wrap(store.register),
    renew: wrap(store.renew),
    noteTenant: wrap(store.noteTenant),
    claimExpired: wrap(store.claimExpired),
    listProcesses: wrap(store.listProcesses),
    forgetTenant: wrap(store.forgetTenant),
    release: wrap(store.release),
  };
}

describe("a lease", () => {
  it("is held for as long as its process can renew it", async () => {
    const { start, pass, loseStore } = openWorld();
    const { lease } = await start("a");
    await pass(10 * leaseMs);
    expect(lease.isHeld).toBe(true);
    loseStore(true);
    await pass(leaseMs);
    expect(lease.isHeld).toBe(false);
    loseStore(false);
    await pass(leaseMs / 4);
    expect(lease.isHeld).toBe(true);
    await lease.close([]);
  });

  it("of a process that died is claimed once, with its tenants, within three seconds", async () => {
    const { start, pass } = openWorld();
    const dead = await start("dead");
    const others = [await start("b"), await start("c")];
    expect(await dead.lease.ownTurnsOf("demo")).toBe("dead-1");
    await dead.lease.ownTurnsOf("demo");
    await dead.lease.ownTurnsOf("shop");
    await pass(leaseMs);
    dead.freeze();
    await pass(3000);
    expect(others.flatMap(({ claimed }) => claimed)).toEqual([["demo", "shop"]]);
  });

  it("whose claimer dies too is claimed by the next, with all tenants", async () => {
    const { start, pass } = openWorld();
    const first = await start("a");
    await first.lease.ownTurnsOf("demo");
    const second = await start("b");
    await pass(leaseMs);
    first.freeze();
    await pass(3000);
    second.freeze();
    expect(second.claimed).toEqual([["demo"]]);
    const third = await start("c");
    await pass(leaseMs + 3000);
    expect(third.claimed).toEqual([["demo"]]);
  });

  it("of a process that died is claimed at once by one that knows to be alone", async () => {
    const { start, pass, store } = openWorld();
    await store.register("dead", -1);
    await store.noteTenant("dead", "demo");
    const { claimed } = await start("a", { isAlone: true });
    await pass(leaseMs / 4);
    expect(claimed).toEqual([["demo"]]);
  });

  it("is not claimed by a process that goes down itself", async () => {
    const { start, pass } = openWorld();
    const dead = await start("dead");
    await dead.lease.ownTurnsOf("demo");
    const other = await start("b", { mayClaim: () => false });
    await pass(leaseMs);
    dead.freeze();
    await pass(3 * leaseMs);
    expect(other.claimed).toEqual([]);
  });

  it("is nobody's death while the store is away, however long", async () => {
    const { start, pass, loseStore } = openWorld();
    const processes = [await start("a"), await start("b"), await start("c")];
    for (const { lease } of processes) await lease.ownTurnsOf("demo");
    await pass(leaseMs);
    loseStore(true);
    await pass(10 * leaseMs);
    loseStore(false);
    await pass(10 * leaseMs);
    expect(processes.flatMap(({ claimed, lost }) => [...claimed, ...lost])).toEqual([]);
    expect(processes.map(({ lease }) => lease.isHeld)).toEqual([true, true, true]);
    expect(processes.flatMap(({ logger }) => logger.lines)).toHaveLength(3);
  });

  it("that others have claimed is begun anew under another name, and its turns are dropped", async () => {
    const { start, pass, store } = openWorld();
    const { lease, lost } = await start("a");
    await lease.ownTurnsOf("demo");
    const other = await start("b");
    const claim = store.claimExpired;
    // As when this process was frozen for so long: it hears of it at its next renewal.
    await store.renew("a-1", -1);
    expect(await claim("b-1")).toEqual(["demo"]);
    await pass(leaseMs / 4);
    expect(lost).toEqual(["a"]);
    expect(await lease.ownTurnsOf("demo")).toBe("a-2");
    expect(await store.listProcesses()).toEqual(["b-1", "a-2"]);
    await other.lease.close([]);
  });

  it("ends at once when its process closes it in good order", async () => {
    const { start, pass } = openWorld();
    const first = await start("a");
    await first.lease.ownTurnsOf("demo");
    const second = await start("b");
    await pass(leaseMs);
    await first.lease.close([]);
    await pass(leaseMs / 4);
    expect(second.claimed).toEqual([["demo"]]);
  });

  it("is noted with a tenant before that can be owned, also when the first try fails", async () => {
    const { start, loseStore, pass } = openWorld();
    const { lease, freeze } = await start("a");
    loseStore(true);
    await expect(lease.ownTurnsOf("demo")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    loseStore(false);
    await lease.ownTurnsOf("demo");
    const other = await start("b");
    freeze();
    await pass(leaseMs + 3000);
    expect(other.claimed).toEqual([["demo"]]);
  });

  it("forgets a tenant that was idle for long, and notes it anew when it is needed", async () => {
    const { start, pass } = openWorld();
    let isIdle = false;
    const { lease, freeze } = await start("a", { isIdle: () => isIdle });
    await lease.ownTurnsOf("busy");
    await pass(idleMs + leaseMs);
    isIdle = true;
    await lease.ownTurnsOf("new");
    await lease.ownTurnsOf("idle");
    await pass(idleMs + leaseMs);
    await lease.ownTurnsOf("new");
    const other = await start("b");
    await pass(leaseMs);
    freeze();
    await pass(3000);
    expect(other.claimed).toEqual([["new"]]);
  });

  it("leaves the tenants to others in which something is left, or was used a moment ago", async () => {
    const { start, pass } = openWorld();
    const first = await start("a");
    await first.lease.ownTurnsOf("left");
    await first.lease.ownTurnsOf("done");
    const second = await start("b");
    await pass(120_000);
    await first.lease.ownTurnsOf("recent");
    await first.lease.close(["left"]);
    await pass(leaseMs);
    expect(second.claimed.map((tenantIds) => tenantIds.toSorted())).toEqual([["left", "recent"]]);
  });

  it("is claimed soon also where the clock was set back by an hour", async () => {
    const { start, pass, clock, store } = openWorld();
    let offset = 0;
    const drifting = { ...clock, now: () => clock.now() + offset };
    const claimed: (readonly string[])[] = [];
    const lease = await openLease({
      store,
      clock: drifting,
      logger: createRecordingLogger(),
      leaseMs,
      isAlone: false,
      newProcess: () => "b",
      onLost: () => undefined,
      onClaim: (tenantIds) => void claimed.push(tenantIds),
      mayClaim: () => true,
      isIdle: () => true,
    });
    const dead = await start("dead");
    await dead.lease.ownTurnsOf("demo");
    await pass(leaseMs);
    offset = -3_600_000;
    dead.freeze();
    await pass(2 * leaseMs);
    expect(claimed).toEqual([["demo"]]);
    await lease.close([]);
  });
});
