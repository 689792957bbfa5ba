import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { documentsContract } from "../../contracts/documents.ts";
import { makeTenant } from "../../support/tenant.ts";

documentsContract("memory", async () => ({
  documents: createMemoryDocuments(),
  tenant: makeTenant("demo"),
  otherTenant: makeTenant("other"),
  close: async () => undefined,
}));
