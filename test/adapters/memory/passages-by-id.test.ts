import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { passagesByIdContract } from "../../contracts/passages-by-id.ts";
import { makeTenant } from "../../support/tenant.ts";

passagesByIdContract("memory", async () => {
  const documents = createMemoryDocuments(createTextAnalyzer());
  return {
    documents,
    passages: documents,
    tenant: makeTenant("demo"),
    otherTenant: makeTenant("other"),
    close: async () => undefined,
  };
});
