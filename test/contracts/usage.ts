import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TurnFinish } from "../../api/core/turns/turn-store.ts";
import type { UsageStore } from "../../api/core/ports.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { completed, failed, makeFinish, saveNew, type StoreHarness } from "./store-fixtures.ts";

export interface UsageHarness extends StoreHarness {
  readonly usage: UsageStore;
}

const dayMs = 86_400_000;

/** A UTC day, so many days from now. */
function dayFromNow(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
}

/** What every UsageStore guarantees; `store` is where its turns end. Both tenants are new and empty. */
export function usageContract(name: string, open: () => Promise<UsageHarness>): void {
  describe(`${name}: the usage`, () => {
    let harness: UsageHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    /** From the day before to the day after: midnight may pass at any moment. */
    const read = (tenant: Tenant) => harness.usage.readUsage(tenant, dayFromNow(-1), dayFromNow(1));
    const endTurn = async (finish: TurnFinish, tenant = harness.tenant) => {
      const { answer } = await saveNew({ ...harness, tenant });
      return harness.store.finishTurn(tenant, answer.id, 1, finish);
    };

    it("is nothing before the first turn", async () => {
      expect(await read(harness.tenant)).toEqual([]);
    });

    it("adds up the turns of a day", async () => {
      const { tenant } = harness;
      await endTurn(makeFinish("One", completed));
      await endTurn({ ...makeFinish("Two"), timing: { firstChunkMs: 80, totalMs: 50 } });
      await endTurn(makeFinish("", failed));
      const days = await read(tenant);
      expect(days.map(({ day }) => day)).toEqual(days.map(({ day }) => day).toSorted());
      const sum = (valueOf: (day: (typeof days)[number]) => number) =>
        days.reduce((total, day) => total + valueOf(day), 0);
      expect(sum((day) => day.turns)).toBe(3);
      expect(sum((day) => day.failedTurns)).toBe(1);
      expect(sum((day) => day.promptTokens)).toBe(12 + 12 + 3);
      expect(sum((day) => day.completionTokens)).toBe(34 + 34);
      expect(sum((day) => day.totalTokens)).toBe(46 + 46 + 3);
      expect(sum((day) => day.cost)).toBeCloseTo(2 * 0.001234, 10);
      if (days.length > 1) return;
      expect(days[0]?.meanFirstChunkMs).toBeCloseTo((120 + 80) / 2);
      expect(days[0]?.meanTotalMs).toBeCloseTo((950 + 50 + 950) / 3);
    });

    it("knows no first chunk where no text was published", async () => {
      const { otherTenant } = harness;
      await endTurn(makeFinish("", failed), otherTenant);
      expect(await read(otherTenant)).toMatchObject([
        { turns: 1, meanFirstChunkMs: null, meanTotalMs: 950 },
      ]);
    });

    it("of one tenant is nothing to another, and a day outside the range is left out", async () => {
      const { usage, tenant, otherTenant } = harness;
      const turns = async (owner: Tenant) => (await read(owner)).map((day) => day.turns);
      expect(await turns(otherTenant)).toEqual([1]);
      expect(await usage.readUsage(tenant, dayFromNow(-9), dayFromNow(-2))).toEqual([]);
      expect(await usage.readUsage(tenant, dayFromNow(2), dayFromNow(9))).toEqual([]);
      expect(await usage.readUsage(tenant, dayFromNow(1), dayFromNow(-1))).toEqual([]);
    });

    it("counts a turn once, and not at all where the tenant has switched it off", async () => {
      const { store, tenant } = harness;
      const before = await read(tenant);
      const { settings } = tenant;
      const features = { ...settings.features, analytics: false };
      await endTurn(makeFinish("Hidden"), { ...tenant, settings: { ...settings, features } });
      expect(await read(tenant)).toEqual(before);
      const { answer } = await saveNew(harness);
      expect(await store.finishTurn(tenant, answer.id, 2, makeFinish("Not ours"))).toBe(false);
      expect(await read(tenant)).toEqual(before);
    });

    it("outlives the chat", async () => {
      const { store, otherTenant } = harness;
      const { answer } = await saveNew({ ...harness, tenant: otherTenant });
      await store.finishTurn(otherTenant, answer.id, 1, makeFinish("Kept"));
      const before = await read(otherTenant);
      await store.deleteChat(otherTenant, answer.chatId);
      expect(await read(otherTenant)).toEqual(before);
    });
  });
}
