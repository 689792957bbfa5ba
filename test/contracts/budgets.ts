import { afterAll, beforeAll, describe } from "vitest";
import type { BudgetHarness } from "./budget-fixtures.ts";
import { reservingContract } from "./budget-reserving.ts";
import { settlingContract } from "./budget-settling.ts";

/** What every BudgetStore guarantees, with the store in which its turns end. Opened once; both tenants are new. */
export function budgetContract(name: string, open: () => Promise<BudgetHarness>): void {
  describe(`${name}: the budgets`, () => {
    let harness: BudgetHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    reservingContract(() => harness);
    settlingContract(() => harness);
  });
}
