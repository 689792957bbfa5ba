import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { parseSettings } from "../../../api/core/tenant.ts";
import { ingestionContract } from "../../contracts/ingestion.ts";
import { smallLimits } from "../../contracts/ingestion-fixtures.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

ingestionContract("memory", async () => {
  const announced: string[] = [];
  const jobs = createMemoryJobs({ clock: createManualClock() });
  const documents = createMemoryDocuments(createTextAnalyzer(), {
    jobs,
    onChange: (tenantId, documentId) => announced.push(`${tenantId}/${documentId}`),
  });
  const settings = parseSettings({ limits: smallLimits }, "small");
  return {
    documents,
    ingestions: documents,
    jobs,
    tenant: makeTenant("demo-one"),
    otherTenant: makeTenant("other"),
    smallTenant: { ...makeTenant("small"), settings },
    announced: () => announced,
    close: async () => undefined,
  };
});
