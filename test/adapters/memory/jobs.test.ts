import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { jobsContract } from "../../contracts/jobs.ts";
import { createManualClock } from "../../support/clock.ts";

jobsContract("memory", async ({ attempts }) => {
  const clock = createManualClock();
  return {
    jobs: createMemoryJobs({ clock, attempts, pauseMs: 0 }),
    pass: async (ms) => clock.advance(ms),
    close: async () => undefined,
  };
});
