import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { documentsContract } from "../../contracts/documents.ts";
import { makeTenant } from "../../support/tenant.ts";

documentsContract("memory", async () => ({
  documents: createMemoryDocuments(createTextAnalyzer()),
  tenant: makeTenant("demo"),
  otherTenant: makeTenant("other"),
  close: async () => undefined,
}));
