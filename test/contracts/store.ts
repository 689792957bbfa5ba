import { afterAll, beforeAll, describe } from "vitest";
import { attemptContract } from "./store-attempts.ts";
import { branchContract } from "./store-branches.ts";
import { feedbackContract } from "./store-feedback.ts";
import { changeContract } from "./store-changes.ts";
import { chatContract } from "./store-chats.ts";
import type { TurnHarness } from "./store-fixtures.ts";
import { leaseUseContract } from "./store-leases.ts";
import { orderContract } from "./store-order.ts";
import { pageContract } from "./store-pages.ts";
import { replayContract } from "./store-replay.ts";
import { saveContract } from "./store-save.ts";
import { stopContract } from "./store-stops.ts";
import { tenantContract } from "./store-tenants.ts";
import { treeContract } from "./store-tree.ts";
import { unansweredContract } from "./store-unanswered.ts";
import { unfinishedContract } from "./store-unfinished.ts";

/** What every ChatStore and TurnStore guarantees. Opened once; both tenants are new and empty. */
export function storeContract(name: string, open: () => Promise<TurnHarness>): void {
  describe(`${name}: the store of chats and turns`, () => {
    let harness: TurnHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const opened = () => harness;
    chatContract(opened);
    pageContract(opened);
    saveContract(opened);
    replayContract(opened);
    attemptContract(opened);
    orderContract(opened);
    unfinishedContract(opened);
    stopContract(opened);
    leaseUseContract(opened);
    tenantContract(opened);
    feedbackContract(opened);
    branchContract(opened);
    treeContract(opened);
    changeContract(opened);
    unansweredContract(opened);
  });
}
