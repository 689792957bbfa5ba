import { expect, test } from "vitest";
import { administratorOf } from "../../../api/core/admin/administrator.ts";
import { createKey } from "../../../api/core/admin/key-admin.ts";
import { readAudit } from "../../../api/core/admin/read-audit.ts";
import { makeCaller } from "../../support/core.ts";
import { keyAdmin, openScene, platform } from "./scene.ts";

const page = { limit: 100 };
const refused = (code: string) => expect.objectContaining({ code });

test("a tenant's admin reads what was done to their tenant, by whomever; the platform's all", async () => {
  const { deps } = await openScene();
  for (const tenantId of ["acme", "other"])
    await createKey(deps, platform, tenantId, { role: "server", name: "A" });
  const read = async (tenantId: string | undefined, admin = platform) =>
    (await readAudit(deps.audit, admin, tenantId, page)).items.map(
      (entry) => `${entry.tenantId} ${entry.action}`,
    );
  const acme = ["acme key.create", "acme tenant.create"];
  expect(await read("acme", keyAdmin("acme"))).toEqual(acme);
  expect(await read("acme")).toEqual(acme);
  expect(await read(undefined)).toEqual([
    "other key.create",
    "acme key.create",
    "other tenant.create",
    "acme tenant.create",
  ]);
  await expect(read("other", keyAdmin("acme"))).rejects.toEqual(refused("TENANT_NOT_FOUND"));
  await expect(read(undefined, keyAdmin("acme"))).rejects.toEqual(refused("FORBIDDEN"));
});

test("who administers is who has proven it", async () => {
  const { deps } = await openScene();
  const user = await deps.users.ensureUser("demo", "ann", {});
  const { key } = await createKey(deps, platform, "acme", { role: "admin", name: "A" });
  const address = "203.0.113.9";
  const caller = makeCaller({ address });
  expect(() => administratorOf(caller)).toThrow(refused("ADMIN_REQUIRED"));
  expect(administratorOf({ ...caller, admin: "platform", user, key })).toEqual({
    tenantId: undefined,
    actor: { kind: "platform", id: null, address },
  });
  expect(administratorOf({ ...caller, admin: "tenant", key })).toEqual({
    tenantId: "demo",
    actor: { kind: "key", id: key.id, address },
  });
  // The key that made the user's token is not who acts.
  expect(administratorOf({ ...caller, admin: "tenant", user, key })).toEqual({
    tenantId: "demo",
    actor: { kind: "user", id: user.id, address },
  });
});
