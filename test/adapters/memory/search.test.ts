import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { searchIndexContract } from "../../contracts/search.ts";
import { makeTenant } from "../../support/tenant.ts";

let tenants = 0;

searchIndexContract("memory", async () => {
  const documents = createMemoryDocuments(createTextAnalyzer());
  return {
    documents,
    search: documents,
    readIndex: documents.readIndex,
    addTenant: async () => makeTenant(`search-${(tenants += 1)}`),
    close: async () => undefined,
  };
});
