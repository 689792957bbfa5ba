import { describe, expect, it } from "vitest";
import { noUsage } from "../../api/core/message.ts";
import { costing, openScene, unspentDay, type BudgetHarness } from "./budget-fixtures.ts";
import { failed } from "./store-fixtures.ts";

/** A UTC day, so many from now: what nothing was held for is counted on the day of its ending. */
function dayFromNow(count: number): string {
  return new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
}

export function settlingContract(open: () => BudgetHarness): void {
  describe("an ending", () => {
    it("charges what the answer has cost in place of what was held for it, once", async () => {
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const { id } = await begin();
      await reserve(id, 0.5);
      expect(await finish(id, costing(0.125))).toBe(true);
      expect(await read()).toEqual({ spent: 0.125, held: 0 });
      expect(await finish(id, costing(0.125))).toBe(false);
      expect(await read()).toEqual({ spent: 0.125, held: 0 });
    });

    it("charges what the answer has cost also where that is more than was held", async () => {
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const { id } = await begin();
      await reserve(id, 0.9);
      await finish(id, costing(1.5));
      expect(await read()).toEqual({ spent: 1.5, held: 0 });
    });

    it("in an error charges what had been used by then, and nothing where nothing was", async () => {
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const [used, unused] = [await begin(), await begin()];
      await reserve(used.id, 0.25);
      await reserve(unused.id, 0.25);
      await finish(used.id, costing(0.1, "error"));
      await finish(unused.id, { ...failed, usage: noUsage });
      expect(await read()).toEqual({ spent: 0.1, held: 0 });
    });

    it("counts on the day of the hold, not on that of the ending", async () => {
      const { begin, reserve, finish, read, readDay } = openScene(open(), 1);
      const { id } = await begin();
      const before = await readDay(dayFromNow(0));
      await reserve(id, 0.5);
      await finish(id, costing(0.2));
      expect(await read()).toEqual({ spent: 0.2, held: 0 });
      expect(await readDay(dayFromNow(0))).toEqual(before);
    });

    it("that fails to be stored settles nothing", async () => {
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const { id } = await begin();
      await reserve(id, 0.5);
      for (const attempt of [0, 2]) expect(await finish(id, costing(0.2), attempt)).toBe(false);
      expect(await read()).toEqual({ spent: 0, held: 0.5 });
    });

    it("for which nothing was held is charged too, so that a limit set later the same day knows", async () => {
      const { begin, finish, readDay } = openScene(open(), null);
      const { id } = await begin();
      // Midnight may pass at any moment.
      const spent = async () => {
        const days = await Promise.all([-1, 0, 1].map((count) => readDay(dayFromNow(count))));
        return days.reduce((sum, day) => sum + day.spent, 0);
      };
      const before = await spent();
      await finish(id, costing(0.25));
      expect((await spent()) - before).toBeCloseTo(0.25, 8);
    });

    it("settles its hold also where the tenant has switched analytics off", async () => {
      const scene = openScene(open(), 1);
      const { settings } = scene.tenant;
      const features = { ...settings.features, analytics: false };
      const tenant = { ...scene.tenant, settings: { ...settings, features } };
      const { id } = await scene.begin();
      await scene.reserve(id, 0.5);
      const finish = {
        text: "",
        ending: costing(0.1),
        timing: { firstChunkMs: null, totalMs: 1 },
      };
      await open().store.finishTurn(tenant, id, 1, finish);
      expect(await scene.read()).toEqual({ spent: 0.1, held: 0 });
    });
  });

  describe("the hold of an attempt that was taken over", () => {
    it("stays until the next one ends, and is charged as a whole then", async () => {
      const { begin, reserve, finish, takeOver, read } = openScene(open(), 1);
      const { id } = await begin();
      await reserve(id, 0.3);
      await takeOver(id);
      expect(await read()).toEqual({ spent: 0, held: 0.3 });
      expect(await reserve(id, 0.8, { attempt: 2 })).toBe("full");
      expect(await reserve(id, 0.5, { attempt: 2 })).toBe("held");
      expect(await read()).toEqual({ spent: 0, held: 0.8 });
      // The old process wakes up: it has no say any more.
      expect(await finish(id, costing(0.01), 1)).toBe(false);
      expect(await finish(id, costing(0.2), 2)).toBe(true);
      expect(await read()).toEqual({ spent: 0.5, held: 0 });
    });

    it("is charged also where the next one holds nothing and costs nothing", async () => {
      const { begin, reserve, finish, takeOver, read } = openScene(open(), 1);
      const { id } = await begin();
      await reserve(id, 0.3);
      await takeOver(id);
      await takeOver(id, 2);
      await finish(id, { ...failed, usage: noUsage }, 3);
      expect(await read()).toEqual({ spent: 0.3, held: 0 });
    });

    it("is charged after an orderly handover too, each on its own day", async () => {
      const { begin, reserve, finish, takeOver, read, readDay } = openScene(open(), 1);
      const { store, tenant } = open();
      const { id } = await begin();
      const tomorrow = unspentDay();
      await reserve(id, 0.3);
      await store.handOver(tenant, id, 1);
      await takeOver(id);
      await reserve(id, 0.6, { attempt: 2, on: tomorrow });
      await finish(id, costing(0.1), 2);
      expect(await read()).toEqual({ spent: 0.3, held: 0 });
      expect(await readDay(tomorrow)).toEqual({ spent: 0.1, held: 0 });
    });
  });

  describe("a chat that is deleted", () => {
    it("charges all that is held for its answers under way, and they hold nothing any more", async () => {
      const { begin, reserve, finish, takeOver, read } = openScene(open(), 1);
      const { store, tenant } = open();
      const [answer, other] = [await begin(), await begin()];
      await reserve(answer.id, 0.2);
      await takeOver(answer.id);
      await reserve(answer.id, 0.3, { attempt: 2 });
      await reserve(other.id, 0.1);
      await store.deleteChat(tenant, answer.chatId);
      expect(await read()).toEqual({ spent: 0.5, held: 0.1 });
      expect(await reserve(answer.id, 0.1, { attempt: 2 })).toBe("lost");
      expect(await finish(answer.id, costing(0.1), 2)).toBe(false);
      expect(await store.deleteChat(tenant, answer.chatId)).toBe(false);
      expect(await read()).toEqual({ spent: 0.5, held: 0.1 });
    });

    it("leaves nothing held, however late the last reservation came", async () => {
      const { store, tenant, otherBudgets } = open();
      const { begin, reserve, read } = openScene(open(), 100);
      const answers = await Promise.all(Array.from({ length: 30 }, begin));
      const outcomes = await Promise.all(
        answers.flatMap((answer) => [
          reserve(answer.id, 0.1, { budgets: otherBudgets }),
          store.deleteChat(tenant, answer.chatId).then(() => "deleted" as const),
        ]),
      );
      const held = outcomes.filter((outcome) => outcome === "held").length;
      const { spent, held: left } = await read();
      expect(left).toBe(0);
      expect(spent).toBeCloseTo(held * 0.1, 8);
    });
  });

  it("a day on which nothing was held or spent has nothing", async () => {
    expect(await open().usage.readBudget(open().tenant, unspentDay())).toEqual({
      spent: 0,
      held: 0,
    });
  });
}
