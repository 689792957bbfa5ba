import { createMemoryLeases } from "../../../api/adapters/memory/leases.ts";
import { leasesContract } from "../../contracts/leases.ts";
import { createManualClock } from "../../support/clock.ts";

leasesContract("memory", async () => {
  const clock = createManualClock();
  const leases = createMemoryLeases(clock);
  return {
    stores: [leases, leases, leases],
    pass: async (ms) => clock.advance(ms),
    close: async () => undefined,
  };
});
