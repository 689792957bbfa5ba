import { expect, test } from "vitest";
import { newId } from "../../../api/core/ids.ts";
import { erasuresContract } from "../../contracts/erasures.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

erasuresContract("PostgreSQL", async () => {
  const { postgres, jobs, addTenant, close } = await openPostgresWithJobs();
  return {
    ...postgres,
    jobs,
    async addTenant(id) {
      await addTenant(id);
    },
    close,
  };
});

test("a token that was made before its user was deleted brings nobody back, a later one a new user", async () => {
  const { postgres, addTenant, close } = await openPostgresWithJobs();
  const { users, erasures } = postgres;
  const { id: tenantId } = await addTenant("demo");
  const deletedAt = Date.UTC(2030, 5, 1, 12);
  const user = await users.ensureUser(tenantId, "ann", {}, deletedAt - 1000);
  const actor = { kind: "platform", id: null, address: "203.0.113.7" } as const;
  const request = { id: newId("era"), actor, requestedAt: new Date(deletedAt) };
  const entry = { at: new Date(), actor, tenantId, target: user.id, details: {} };
  await erasures.beginUser(tenantId, user.id, request, { ...entry, action: "user.delete" });
  for (const toldAt of [deletedAt - 1000, deletedAt])
    await expect(users.ensureUser(tenantId, "ann", {}, toldAt)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  expect((await users.ensureUser(tenantId, "bob", {}, deletedAt - 1000)).externalId).toBe("bob");
  const again = await users.ensureUser(tenantId, "ann", {}, deletedAt + 1000);
  expect(again.id).not.toBe(user.id);
  await close();
});
