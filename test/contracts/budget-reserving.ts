import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { costing, openScene, unspentDay, type BudgetHarness } from "./budget-fixtures.ts";
import { times } from "./store-fixtures.ts";

export function reservingContract(open: () => BudgetHarness): void {
  describe("a reservation", () => {
    it("holds while what was spent and what is held fit the limit together", async () => {
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const [first, second, third] = [await begin(), await begin(), await begin()];
      expect(await reserve(first.id, 0.7)).toBe("held");
      expect(await reserve(second.id, 0.31)).toBe("full");
      expect(await reserve(second.id, 0.3)).toBe("held");
      expect(await reserve(third.id, 0.00000001)).toBe("full");
      expect(await read()).toEqual({ spent: 0, held: 1 });
      await finish(first.id, costing(0.2));
      expect(await read()).toEqual({ spent: 0.2, held: 0.3 });
      expect(await reserve(third.id, 0.51)).toBe("full");
      expect(await reserve(third.id, 0.5)).toBe("held");
      expect(await read()).toEqual({ spent: 0.2, held: 0.8 });
    });

    it("adds up to the last decimal, where fractions of computers don't", async () => {
      const { begin, reserve, read } = openScene(open(), 0.3);
      const answers = [await begin(), await begin(), await begin(), await begin()];
      const outcomes = [];
      for (const { id } of answers) outcomes.push(await reserve(id, 0.1));
      expect(outcomes).toEqual(["held", "held", "held", "full"]);
      expect(await read()).toEqual({ spent: 0, held: 0.3 });
    });

    it("is refused from the first one on where there is nothing to spend", async () => {
      const { begin, reserve, read } = openScene(open(), 0);
      const { id } = await begin();
      expect(await reserve(id, 0.01)).toBe("full");
      expect(await read()).toEqual({ spent: 0, held: 0 });
    });

    it("is held without a limit, however much it is", async () => {
      const { begin, reserve, read } = openScene(open(), null);
      const { id } = await begin();
      expect(await reserve(id, 1_000_000)).toBe("held");
      expect(await read()).toEqual({ spent: 0, held: 1_000_000 });
    });

    it("takes the place of what the same attempt held before, so that a lost reply does no harm", async () => {
      const { begin, reserve, read } = openScene(open(), 1);
      const { id } = await begin();
      expect(await reserve(id, 0.8)).toBe("held");
      expect(await reserve(id, 0.8)).toBe("held");
      expect(await read()).toEqual({ spent: 0, held: 0.8 });
      expect(await reserve(id, 0.9)).toBe("held");
      expect(await read()).toEqual({ spent: 0, held: 0.9 });
      // The dearer model doesn't fit: then nothing is held for the one that brought nothing.
      expect(await reserve(id, 1.1)).toBe("full");
      expect(await read()).toEqual({ spent: 0, held: 0 });
    });

    it("moves on to the day on which it is made", async () => {
      const { begin, reserve, read, readDay } = openScene(open(), 1);
      const { id } = await begin();
      const tomorrow = unspentDay();
      await reserve(id, 0.8);
      expect(await reserve(id, 0.5, { on: tomorrow })).toBe("held");
      expect(await read()).toEqual({ spent: 0, held: 0 });
      expect(await readDay(tomorrow)).toEqual({ spent: 0, held: 0.5 });
    });

    it("of one day leaves the next one whole", async () => {
      const { begin, reserve } = openScene(open(), 1);
      const [first, second] = [await begin(), await begin()];
      expect(await reserve(first.id, 1)).toBe("held");
      expect(await reserve(second.id, 1)).toBe("full");
      expect(await reserve(second.id, 1, { on: unspentDay() })).toBe("held");
    });

    it("is the tenant's own", async () => {
      const { begin, reserve } = openScene(open(), 1);
      const other = openScene(open(), 1, open().otherTenant);
      const [ours, theirs] = [await begin(), await other.begin()];
      expect(await reserve(ours.id, 1)).toBe("held");
      expect(await other.reserve(theirs.id, 1)).toBe("held");
      expect(await other.reserve(ours.id, 0.1)).toBe("lost");
    });

    it("is lost for an attempt that isn't under way", async () => {
      const { begin, reserve, finish, takeOver, read } = openScene(open(), 1);
      const [ended, taken] = [await begin(), await begin()];
      await finish(ended.id, costing(0));
      await takeOver(taken.id);
      expect(await reserve(ended.id, 0.1)).toBe("lost");
      expect(await reserve(taken.id, 0.1)).toBe("lost");
      expect(await reserve(taken.id, 0.1, { attempt: 3 })).toBe("lost");
      for (const id of [newId("msg"), "", "' or 1=1 --"])
        expect(await reserve(id, 0.1)).toBe("lost");
      expect(await read()).toEqual({ spent: 0, held: 0 });
    });
  });

  describe("reservations of two processes at once", () => {
    it("never hold more than the limit: of 200 as many as fit, and not one more", async () => {
      const { budgets, otherBudgets } = open();
      const { begin, reserve, read } = openScene(open(), 1);
      const answers = await Promise.all(times(200, begin));
      const outcomes = await Promise.all(
        answers.map(({ id }, at) =>
          reserve(id, 0.013, { budgets: at % 2 === 0 ? budgets : otherBudgets }),
        ),
      );
      // 76 × 0.013 = 0.988
      expect(outcomes.filter((outcome) => outcome === "held")).toHaveLength(76);
      expect(outcomes.filter((outcome) => outcome === "full")).toHaveLength(124);
      expect(await read()).toEqual({ spent: 0, held: 0.988 });
    });

    it("spend at most one answer more than the limit, when answers end dearer than they were held for", async () => {
      const { budgets, otherBudgets } = open();
      const { begin, reserve, finish, read } = openScene(open(), 1);
      const answers = await Promise.all(times(200, begin));
      // One after another at each process, so that what ended makes room for what comes.
      const run = async (mine: typeof answers, store: typeof budgets) => {
        for (const { id } of mine) {
          const outcome = await reserve(id, 0.1, { budgets: store });
          await finish(id, costing(outcome === "held" ? 0.11 : 0));
        }
      };
      await Promise.all([
        run(answers.slice(0, 100), budgets),
        run(answers.slice(100), otherBudgets),
      ]);
      const { spent, held } = await read();
      expect(held).toBe(0);
      expect(spent).toBeGreaterThan(0.9);
      expect(spent).toBeLessThanOrEqual(1 + 0.11);
    });

    it("leave nothing behind when they race with endings, takeovers and repetitions of their own", async () => {
      const { budgets, otherBudgets } = open();
      const { begin, reserve, finish, takeOver, read } = openScene(open(), 100);
      const answers = await Promise.all(times(40, begin));
      await Promise.all(
        answers.flatMap(({ id }, at) => [
          reserve(id, 0.1),
          reserve(id, 0.2, { budgets: otherBudgets }),
          at % 2 === 0 ? finish(id, costing(0.05)) : takeOver(id),
          reserve(id, 0.1, { budgets }),
        ]),
      );
      for (const [at, { id }] of answers.entries())
        if (at % 2 === 1) expect(await finish(id, costing(0), 2)).toBe(true);
      const { spent, held } = await read();
      expect(held).toBe(0);
      // Each ending cost 0.05, counted on its day where it came before the hold; each lost hold counts once.
      expect(spent).toBeLessThanOrEqual(20 * 0.05 + 20 * 0.2 + 1e-9);
    });
  });
}
