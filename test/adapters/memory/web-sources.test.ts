import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createMemoryWebSources } from "../../../api/adapters/memory/web-sources.ts";
import { webSourcesContract } from "../../contracts/web-sources.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

webSourcesContract("memory", async () => {
  const clock = createManualClock();
  const jobs = createMemoryJobs({ clock });
  return {
    sources: createMemoryWebSources({ jobs, clock }),
    jobs,
    tenant: makeTenant("demo"),
    otherTenant: makeTenant("other"),
    fullTenant: makeTenant("full"),
    close: async () => undefined,
  };
});
