import { describe, expect, test } from "vitest";
import { auditEntrySchema } from "../../api/rest/admin-audit.ts";
import { originsSchema } from "../../api/rest/admin-origins.ts";
import { userSchema } from "../../api/rest/user.ts";
import { pageOf } from "../../api/rest/wire.ts";
import { admin, openAdministration } from "./administration.ts";
import { prefix, readBody, readError } from "./platform.ts";

const users = `${admin}/users`;
const userPage = pageOf(userSchema, "UserPage");
const auditPage = pageOf(auditEntrySchema, "AuditPage");

describe("users", () => {
  test("are listed, read, blocked and unblocked", async () => {
    const { asAcme, as, access } = await openAdministration();
    const ann = await access.makeUser("acme", "ann", { name: "Ann", email: "ann@acme.example" });
    await access.makeUser("other", "eve");
    const { items } = await readBody(await asAcme(users), userPage);
    const shown = {
      id: ann.id,
      external_id: "ann",
      name: "Ann",
      email: "ann@acme.example",
      role: "member",
      status: "active",
      created_at: ann.createdAt.toISOString(),
    };
    expect(items).toEqual([shown]);
    expect(await readBody(await asAcme(`${users}/${ann.id}`), userSchema)).toEqual(shown);

    const headers = { "X-Tenant-ID": "acme", Authorization: `Bearer ${await access.tokenOf(ann)}` };
    const asAnn = as(headers);
    const patch = (json: object) => asAcme(`${users}/${ann.id}`, { method: "PATCH", json });
    expect((await asAnn(`${prefix}/chat`)).status).toBe(200);
    const blocked = await readBody(await patch({ status: "blocked" }), userSchema);
    expect(blocked).toEqual({ ...shown, status: "blocked" });
    expect(await readError(await asAnn(`${prefix}/chat`))).toMatchObject({ code: "INVALID_TOKEN" });
    await patch({ status: "active" });
    expect((await asAnn(`${prefix}/chat`)).status).toBe(200);
  });

  test("who are admins administer, but don't lock themselves out", async () => {
    const { asAcme, as, access, makeKey } = await openAdministration();
    const ann = await access.makeUser("acme", "ann");
    const { id: keyId } = await makeKey("admin", "acme");
    const token = await access.tokenOf(ann, { keyId });
    const asAnn = as({ "X-Tenant-ID": "acme", Authorization: `Bearer ${token}` });
    // What the key that made the token may do, its user may not.
    expect(await readError(await asAnn(users))).toMatchObject({ code: "FORBIDDEN" });
    const path = `${users}/${ann.id}`;
    await asAcme(path, { method: "PATCH", json: { role: "admin" } });
    expect((await asAnn(users)).status).toBe(200);
    for (const json of [{ role: "member" }, { status: "blocked" }]) {
      const error = await readError(await asAnn(path, { method: "PATCH", json }));
      expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
      expect(error.message).toMatch(/^(role|status): it is your own$/);
    }
    await asAnn(`${admin}/origins`, { method: "PUT", json: { origins: ["https://a.example"] } });
    const { items } = await readBody(await asAcme(`${admin}/audit?limit=1`), auditPage);
    expect(items).toMatchObject([{ actor: { kind: "user", id: ann.id } }]);
  });

  test("of another tenant are found as little as those who don't exist", async () => {
    const { asAcme, access } = await openAdministration();
    const eve = await access.makeUser("other", "eve");
    for (const id of [eve.id, "user_nobody", "%00"]) {
      const patch = { method: "PATCH", json: { role: "admin" } };
      for (const call of [{}, patch]) {
        const error = await readError(await asAcme(`${users}/${id}`, call));
        expect(error).toMatchObject({ status: 404, code: "USER_NOT_FOUND" });
      }
    }
  });

  test.each([
    [{ role: "root" }, "role: "],
    [{ status: null }, "status: "],
    [{ name: "Bob" }, 'Unrecognized key: "name"'],
  ])("aren't changed by %j", async (json, message) => {
    const { asAcme, access } = await openAdministration();
    const { id } = await access.makeUser("acme", "ann");
    const error = await readError(await asAcme(`${users}/${id}`, { method: "PATCH", json }));
    expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(error.message).toContain(message);
  });
});

test("origins are set as a whole, and let pages in at once", async () => {
  const { asAcme, call } = await openAdministration();
  const path = `${admin}/origins`;
  const Origin = "https://www.acme.example";
  const visit = async () =>
    (await call(`${prefix}/auth/tenant/acme`, { headers: { Origin } })).status;
  expect(await readBody(await asAcme(path), originsSchema)).toEqual({ origins: [] });
  expect(await visit()).toBe(403);
  const put = (origins: unknown) => asAcme(path, { method: "PUT", json: { origins } });
  expect(await readBody(await put([Origin]), originsSchema)).toEqual({ origins: [Origin] });
  expect(await visit()).toBe(200);
  const wrong = await readError(await put([`${Origin}/`]));
  expect(wrong).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  expect(wrong.message).toContain("in place 1, an origin such as https://example.com");
  expect(await readBody(await asAcme(path), originsSchema)).toEqual({ origins: [Origin] });
  await put([]);
  expect(await visit()).toBe(403);
});

describe("the audit log", () => {
  test("tells a tenant's admin what was done to the tenant, and the platform's what to all", async () => {
    const { asAcme, asPlatform, acmeKey } = await openAdministration();
    const upload = { json: { source: "a.md", content: "# A" } };
    const { id } = (await (await asAcme(`${admin}/documents`, upload)).json()) as { id: string };
    await asAcme(`${admin}/documents`, upload);
    await asAcme(`${admin}/documents/${id}`, { method: "DELETE" });
    await asAcme(`${admin}/documents/${id}`, { method: "DELETE" });
    const actions = async (response: Response) =>
      (await readBody(response, auditPage)).items.map(
        ({ tenant_id: tenant, actor, action, target }) =>
          `${tenant} ${actor.kind} ${action} ${target}`,
      );
    const acme = [
      "acme key document.delete a.md",
      "acme key document.add a.md",
      `acme platform key.create ${acmeKey.id}`,
      "acme platform tenant.create acme",
    ];
    expect(await actions(await asAcme(`${admin}/audit`))).toEqual(acme);
    expect(await actions(await asPlatform("acme")(`${admin}/audit/`))).toEqual(acme);
    const all = await actions(await asPlatform()(`${admin}/audit`));
    expect(all).toEqual([...acme.slice(0, 3), "other platform tenant.create other", acme[3]]);
    const first = await readBody(await asAcme(`${admin}/audit?limit=2`), auditPage);
    expect(first.items[0]).toMatchObject({
      actor: { kind: "key", id: acmeKey.id, address: "127.0.0.1" },
      details: { id, title: "A" },
    });
    const rest = await asAcme(`${admin}/audit?limit=2&after=${first.next}`);
    expect((await readBody(rest, auditPage)).items).toHaveLength(2);
  });

  test("is closed to who is no admin of the tenant", async () => {
    const { as, call, acmeKey, keyOf } = await openAdministration();
    expect(await readError(await call(`${admin}/audit`))).toMatchObject({ code: "ADMIN_REQUIRED" });
    const foreign = await readError(await as(keyOf(acmeKey.text, "other"))(`${admin}/audit`));
    expect(foreign).toMatchObject({ code: "INVALID_TOKEN" });
    const nameless = await readError(await as({ "X-API-Key": acmeKey.text })(`${admin}/audit`));
    expect(nameless).toMatchObject({ status: 401 });
  });
});

test("a tenant's admin brings documents and reads usage, of their own tenant", async () => {
  const { asAcme } = await openAdministration();
  const put = await asAcme(`${admin}/documents`, { json: { source: "a.md", content: "# A" } });
  expect(put.status).toBe(201);
  expect((await asAcme(`${admin}/usage`)).status).toBe(200);
});
