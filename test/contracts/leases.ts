import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { LeaseStore } from "../../api/core/turns/lease-store.ts";
import { hourMs, times } from "./store-fixtures.ts";

export interface LeasesHarness {
  /** Of at least three processes, over the same leases. */
  readonly stores: readonly [LeaseStore, LeaseStore, LeaseStore, ...LeaseStore[]];
  /** Lets so many milliseconds pass by the store's clock. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every LeaseStore guarantees. Opened for each test, without any leases. */
export function leasesContract(name: string, open: () => Promise<LeasesHarness>): void {
  describe(`${name}: the leases`, () => {
    let harness: LeasesHarness;
    let leases: LeaseStore;
    beforeEach(async () => {
      harness = await open();
      [leases] = harness.stores;
    });
    afterEach(() => harness.close());

    const unavailable = { code: "SERVICE_UNAVAILABLE" };

    /** A new process with turns of these tenants. */
    async function begin(leaseMs: number, ...tenantIds: string[]): Promise<string> {
      const process = newId("client");
      await leases.register(process, leaseMs);
      for (const tenantId of tenantIds) await leases.noteTenant(process, tenantId);
      return process;
    }
    const isThere = async (process: string) => (await leases.listProcesses()).includes(process);
    const claim = async (process: string) => (await leases.claimExpired(process)).toSorted();

    it("are held as long as they are renewed, each by its own process", async () => {
      const [one, other] = [await begin(10_000), await begin(hourMs)];
      for (let count = 0; count < 5; count += 1) {
        await harness.pass(9000);
        expect(await leases.renew(one, 10_000)).toEqual({ isHeld: true, hasExpired: false });
        expect(await leases.renew(other, hourMs)).toEqual({ isHeld: true, hasExpired: false });
        expect(await claim(other)).toEqual([]);
      }
      expect(await isThere(one)).toBe(true);
    });

    it("that have run out are told to the others, and can be renewed until they are claimed", async () => {
      const [late, other] = [await begin(10_000), await begin(hourMs)];
      await harness.pass(10_000);
      expect(await leases.renew(other, hourMs)).toEqual({ isHeld: true, hasExpired: true });
      expect(await isThere(late)).toBe(true);
      expect(await leases.renew(late, 10_000)).toEqual({ isHeld: true, hasExpired: false });
      expect(await leases.renew(other, hourMs)).toEqual({ isHeld: true, hasExpired: false });
      await harness.pass(10_000);
      expect(await claim(other)).toEqual([]);
      expect(await leases.renew(other, hourMs)).toEqual({ isHeld: true, hasExpired: false });
      // It never comes back under this name.
      expect(await leases.renew(late, 10_000)).toEqual({ isHeld: false, hasExpired: false });
      expect(await isThere(late)).toBe(false);
    });

    it("are claimed with their tenants, each once, and those go on from heir to heir", async () => {
      const first = await begin(10_000, "a", "b");
      const second = await begin(10_000, "b", "c");
      const heir = await begin(50_000, "d");
      await harness.pass(10_000);
      expect(await claim(heir)).toEqual(["a", "b", "c"]);
      expect(await claim(heir)).toEqual([]);
      expect(await Promise.all([first, second, heir].map(isThere))).toEqual([false, false, true]);
      await harness.pass(50_000);
      const last = await begin(hourMs, "a");
      expect(await claim(last)).toEqual(["a", "b", "c", "d"]);
      await leases.release(last, ["a", "b", "c", "d"]);
      expect(await claim(await begin(hourMs))).toEqual(["a", "b", "c", "d"]);
    });

    it("are claimed by one of many that try at once", async () => {
      for (let round = 0; round < 10; round += 1) {
        const tenantIds = times(3, (index) => `tenant-${round}-${index}`);
        const dead = await Promise.all(tenantIds.map((tenantId) => begin(0, tenantId)));
        const claimed = await Promise.all(
          harness.stores.map(async (store) => store.claimExpired(await begin(hourMs))),
        );
        expect(claimed.flat().toSorted()).toEqual(tenantIds);
        expect(await Promise.all(dead.map(isThere))).toEqual([false, false, false]);
      }
    });

    it("that have both run out leave no two processes waiting for each other", async () => {
      const heir = await begin(hourMs);
      for (let round = 0; round < 10; round += 1) {
        const pair = [await begin(0, "a"), await begin(0, "b")] as const;
        const [, first, second] = harness.stores;
        const claims = await Promise.allSettled([
          first.claimExpired(pair[0]),
          second.claimExpired(pair[1]),
        ]);
        const left = await Promise.all(pair.map(isThere));
        expect(left).toContain(true);
        for (const [index, result] of claims.entries()) {
          if (result.status === "fulfilled") continue;
          expect(result.reason).toMatchObject(unavailable);
          expect(left[index]).toBe(false);
        }
        expect(await claim(heir)).toEqual(["a", "b"]);
      }
    });

    it("that were released can be claimed at once; one without tenants is gone", async () => {
      const [heir, released, empty] = [
        await begin(hourMs),
        await begin(hourMs, "left"),
        await begin(hourMs),
      ];
      await leases.release(released, ["left"]);
      await leases.release(empty, []);
      expect(await Promise.all([released, empty].map(isThere))).toEqual([true, false]);
      expect(await leases.renew(heir, hourMs)).toEqual({ isHeld: true, hasExpired: true });
      expect(await claim(heir)).toEqual(["left"]);
      expect(await leases.renew(heir, hourMs)).toEqual({ isHeld: true, hasExpired: false });
      await leases.release(released, []);
      expect(await leases.listProcesses()).toEqual([heir]);
    });

    it("that were released leave only the tenants that are named", async () => {
      const heir = await begin(hourMs);
      await leases.release(await begin(hourMs, "a", "b", "c"), ["b", "never noted"]);
      await leases.release(await begin(hourMs, "d"), []);
      expect(await claim(heir)).toEqual(["b"]);
    });

    it("forget a tenant, for one process alone", async () => {
      const [first, second] = [await begin(10_000, "a", "b"), await begin(10_000, "b")];
      await leases.forgetTenant(first, "b");
      await leases.forgetTenant(first, "never noted");
      await leases.forgetTenant("gone", "a");
      await harness.pass(10_000);
      const heir = await begin(hourMs);
      expect(await claim(heir)).toEqual(["a", "b"]);
      await leases.forgetTenant(heir, "a");
      await leases.release(heir, ["a", "b"]);
      expect(await claim(await begin(hourMs))).toEqual(["b"]);
      expect(second).not.toBe(first);
    });

    it("are needed to have tenants noted, and to claim", async () => {
      const expired = await begin(0, "kept");
      await expect(leases.noteTenant("gone", "a")).rejects.toMatchObject(unavailable);
      await expect(leases.claimExpired("gone")).rejects.toMatchObject(unavailable);
      expect(await leases.listProcesses()).toEqual([expired]);
      expect(await claim(await begin(hourMs))).toEqual(["kept"]);
    });

    it("take the same registration and the same note twice, so that a lost reply does no harm", async () => {
      const process = await begin(10_000, "twice", "twice");
      await leases.register(process, hourMs);
      await harness.pass(10_000);
      const heir = await begin(hourMs);
      expect(await leases.renew(heir, hourMs)).toEqual({ isHeld: true, hasExpired: false });
      await leases.release(process, ["twice"]);
      expect(await claim(heir)).toEqual(["twice"]);
    });
  });
}
