import { afterAll, beforeAll, describe } from "vitest";
import { searchCountsContract } from "./search-counts.ts";
import type { SearchHarness } from "./search-fixtures.ts";
import { searchLanguagesContract } from "./search-languages.ts";
import { searchOrderContract } from "./search-order.ts";

/** What the lexical search guarantees, wherever its index is kept. */
export function searchIndexContract(name: string, open: () => Promise<SearchHarness>): void {
  describe(`${name}: the search`, () => {
    let harness: SearchHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    searchLanguagesContract(() => harness);
    searchOrderContract(() => harness);
    searchCountsContract(() => harness);
  });
}
