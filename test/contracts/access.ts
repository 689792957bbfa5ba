import { afterAll, beforeAll, describe } from "vitest";
import { auditContract } from "./access-audit.ts";
import type { AccessHarness } from "./access-fixtures.ts";
import { keyContract } from "./access-keys.ts";
import { tenantAdminContract } from "./access-tenants.ts";
import { ticketContract } from "./access-tickets.ts";
import { userContract } from "./access-users.ts";

/** What every store of what stands above the tenants guarantees. Opened once; the tenants are new. */
export function accessContract(name: string, open: () => Promise<AccessHarness>): void {
  describe(`${name}: the stores of callers and their administration`, () => {
    let harness: AccessHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const opened = () => harness;
    keyContract(opened);
    userContract(opened);
    ticketContract(opened);
    auditContract(opened);
    tenantAdminContract(opened);
  });
}
