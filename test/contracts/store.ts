import { afterAll, beforeAll, describe } from "vitest";
import { attemptContract } from "./store-attempts.ts";
import { feedbackContract } from "./store-feedback.ts";
import { chatContract } from "./store-chats.ts";
import type { StoreHarness } from "./store-fixtures.ts";
import { pageContract } from "./store-pages.ts";
import { replayContract } from "./store-replay.ts";
import { saveContract } from "./store-save.ts";
import { tenantContract } from "./store-tenants.ts";

/** What every ChatStore and TurnStore guarantees. Opened once; both tenants are new and empty. */
export function storeContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`${name}: the store of chats and turns`, () => {
    let harness: StoreHarness;
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
    tenantContract(opened);
    feedbackContract(opened);
  });
}
