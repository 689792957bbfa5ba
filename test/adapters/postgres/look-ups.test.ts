import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEntry, makeHash, makeKey, soon } from "../../contracts/access-fixtures.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

let opened: Awaited<ReturnType<typeof openTestPostgres>>;

beforeAll(async () => {
  opened = await openTestPostgres();
  await opened.run("insert into tenants (id, name) values ('garden', 'Garden')", []);
});

afterAll(() => opened?.close());

/** What is made may be announced after it was read, and what was read meanwhile is not kept: it is read until it is. */
const closed = () => {
  throw new Error("Shut out");
};

test("a tenant that was never seen is not looked up for who is shut out, a known one is given", async () => {
  const { tenants } = opened.postgres;
  await expect(tenants.findTenant("garden", closed)).rejects.toThrow("Shut out");
  await expect(tenants.findTenant("nobody", closed)).rejects.toThrow("Shut out");
  async function findAgain(): Promise<unknown> {
    expect(await tenants.findTenant("garden", (load) => load())).toMatchObject({ id: "garden" });
    return tenants.findTenant("garden", closed);
  }
  await expect.poll(findAgain, soon).toMatchObject({ id: "garden" });
});

test("a key that was never seen isn't either, and one that was is given, also when it has changed", async () => {
  const { keys } = opened.postgres;
  const key = makeKey({ tenantId: "garden" });
  await keys.addKey(key, makeEntry("key.create"));
  await expect(keys.findKeyByHash(key.hash, closed)).rejects.toThrow("Shut out");
  await expect(keys.findKeyByHash(makeHash(), closed)).rejects.toThrow("Shut out");
  async function findAgain(): Promise<unknown> {
    expect(await keys.findKeyByHash(key.hash)).toMatchObject({ id: key.id });
    return keys.findKeyByHash(key.hash, closed);
  }
  await expect.poll(findAgain, soon).toMatchObject({ id: key.id });
  await keys.revokeKey("garden", key.id, new Date(), makeEntry("key.revoke"));
  expect(await keys.findKeyByHash(key.hash, closed)).toMatchObject({
    revokedAt: expect.any(Date),
  });
});
