import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { newId } from "../../../api/core/ids.ts";
import { erasuresContract } from "../../contracts/erasures.ts";
import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase } from "../../support/postgres.ts";
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

test("streams may be left for a day by processes that are gone, and for as long as one may write them", async () => {
  const database = await createTestDatabase(inject("postgres"));
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const hasStreams = async (isShared: boolean) => {
    const { erasures, close } = await openPostgres(postgresOptions(database.url, { isShared }));
    const { streams } = await erasures.usedPlaces();
    await close();
    return streams;
  };
  expect(await hasStreams(false)).toBe(false);
  expect(await hasStreams(true)).toBe(true);
  expect(await hasStreams(false)).toBe(true);
  await client.query("update places set left_at = now() - interval '26 hours'");
  expect(await hasStreams(false)).toBe(false);
  expect(await hasStreams(true)).toBe(true);
  await client.end();
  await database.drop();
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
