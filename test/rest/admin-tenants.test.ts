import { describe, expect, test } from "vitest";
import { tenantRecordSchema } from "../../api/rest/admin-tenants.ts";
import { pageOf } from "../../api/rest/wire.ts";
import { admin, openAdministration } from "./administration.ts";
import { prefix, readBody, readError } from "./platform.ts";

const tenants = `${admin}/tenants`;
const tenantPage = pageOf(tenantRecordSchema, "TenantRecordPage");

describe("the platform's admin", () => {
  test("makes a tenant without naming one, which then is served", async () => {
    const { asPlatform, call } = await openAdministration();
    const settings = { plan: "pro", limits: { messages_per_minute: 7 } };
    const made = await asPlatform()(tenants, {
      json: { id: "new-one", name: "New", domain: "new.example", settings },
    });
    expect([made.status, made.headers.get("location")]).toEqual([201, `${tenants}/new-one`]);
    expect(await readBody(made, tenantRecordSchema)).toMatchObject({
      id: "new-one",
      name: "New",
      domain: "new.example",
      status: "active",
      settings,
      limits: { messages_per_day: 5000, messages_per_minute: 7, person_share: 50 },
    });
    expect((await call(`${prefix}/auth/tenant/new-one`)).status).toBe(200);
    const again = await asPlatform()(tenants, { json: { id: "new-one" } });
    expect(await readError(again)).toMatchObject({ status: 409, code: "TENANT_EXISTS" });
  });

  test("lists them page by page", async () => {
    const { asPlatform } = await openAdministration();
    const first = await readBody(await asPlatform()(`${tenants}?limit=1`), tenantPage);
    const rest = await asPlatform()(`${tenants}?limit=1&after=${first.next}`);
    const { items, next } = await readBody(rest, tenantPage);
    expect([first.items[0]?.id, items[0]?.id, next]).toEqual(["acme", "other", null]);
    const odd = await readError(await asPlatform()(`${tenants}?after=%2F`));
    expect(odd).toMatchObject({ status: 400, code: "INVALID_CURSOR" });
  });

  test("suspends a tenant, and administers it all the same", async () => {
    const { asPlatform, asAcme, call } = await openAdministration();
    const patch = { method: "PATCH", json: { status: "suspended" } };
    expect((await asPlatform()(`${tenants}/acme`, patch)).status).toBe(200);
    const validation = await readError(await call(`${prefix}/auth/tenant/acme`));
    expect(validation).toMatchObject({ status: 404, code: "TENANT_NOT_FOUND" });
    expect(await readError(await asAcme(`${admin}/keys`))).toMatchObject({ status: 404 });
    const paths = ["keys", "origins", "users", "audit", "usage", "documents", "tenants/acme"];
    for (const path of paths)
      expect([path, (await asPlatform("acme")(`${admin}/${path}`)).status]).toEqual([path, 200]);
    const back = { method: "PATCH", json: { status: "active" } };
    expect((await asPlatform()(`${tenants}/acme`, back)).status).toBe(200);
    expect((await asAcme(`${admin}/keys`)).status).toBe(200);
  });

  test("changes a tenant by a merge patch", async () => {
    const { asPlatform } = await openAdministration();
    const patch = (settings: object) =>
      asPlatform()(`${tenants}/acme`, { method: "PATCH", json: { settings } });
    await patch({ features: { rag: false, chat: true }, prompt: "Be kind.", temperature: 1 });
    const changed = await readBody(
      await patch({ features: { rag: null }, prompt: null }),
      tenantRecordSchema,
    );
    expect(changed.settings).toEqual({ features: { chat: true }, temperature: 1 });
    const got = await readBody(await asPlatform()(`${tenants}/acme`), tenantRecordSchema);
    expect(got).toEqual(changed);
  });

  test.each([
    [{ id: "Acme" }, "id: 1 to 48 lower-case letters"],
    [{ name: "No id" }, "id: Invalid input"],
    [{ id: "x", plan: "pro" }, 'Unrecognized key: "plan"'],
    [{ id: "x", settings: { plan: 5 } }, "settings.plan: a text"],
    [{ id: "x", settings: { colour: 5 } }, "settings.colour: there is no such setting"],
    [{ id: "x", settings: [] }, "settings: An object is expected"],
    [{ id: "x", status: "deleted" }, "status: "],
  ])("is told what is wrong with %j", async (json, message) => {
    const { asPlatform } = await openAdministration();
    const error = await readError(await asPlatform()(tenants, { json }));
    expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(error.message).toContain(message);
  });

  test("finds no tenant that isn't there", async () => {
    const { asPlatform } = await openAdministration();
    for (const id of ["nobody", "No%20Body", "%E0"]) {
      const got = await readError(await asPlatform()(`${tenants}/${id}`));
      expect(got).toMatchObject({ status: 404, code: "TENANT_NOT_FOUND" });
    }
  });

  test("is one who shows the token, and from no page of a tenant's origin", async () => {
    const { asPlatform, as, call } = await openAdministration();
    const wrong = await readError(await as({ "X-Admin-Token": "wrong" })(tenants));
    expect(wrong).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
    expect(await readError(await call(tenants))).toMatchObject({ code: "ADMIN_REQUIRED" });
    const origins = { allowed_origins: ["https://www.acme.example"] };
    const patch = { method: "PATCH", json: { settings: origins } };
    await asPlatform()(`${tenants}/acme`, patch);
    const headers = { Origin: "https://www.acme.example" };
    const page = await readError(await asPlatform()(tenants, { headers }));
    expect(page).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
    const own = await asPlatform()(tenants, { headers: { Origin: "http://localhost:3000" } });
    expect(own.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });
});

describe("a tenant's admin", () => {
  test("reads and changes their own tenant", async () => {
    const { asAcme, acmeKey } = await openAdministration();
    const json = { name: "Acme", settings: { prompt: "Be brief.", branding: { color: "red" } } };
    const changed = await asAcme(`${tenants}/acme`, { method: "PATCH", json });
    expect(await readBody(changed, tenantRecordSchema)).toMatchObject(json);
    const bearer = { "X-API-Key": "", Authorization: `Bearer ${acmeKey.text}` };
    const got = await asAcme(`${tenants}/acme`, { headers: bearer });
    expect(await readBody(got, tenantRecordSchema)).toMatchObject(json);
  });

  test("doesn't set what is the platform's, and is told which field that is", async () => {
    const { asAcme } = await openAdministration();
    const json = { settings: { limits: { messages_per_day: 1_000_000 } } };
    const refused = await readError(await asAcme(`${tenants}/acme`, { method: "PATCH", json }));
    expect(refused).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(refused.message).toContain("settings.limits");
  });

  test("is answered alike of another's tenant and of one that doesn't exist", async () => {
    const { asAcme } = await openAdministration();
    const answers = [];
    for (const id of ["other", "nobody"]) {
      const patch = { method: "PATCH", json: { name: "Mine" } };
      for (const call of [{}, patch]) {
        const { request_id: _id, ...error } = await readError(
          await asAcme(`${tenants}/${id}`, call),
        );
        answers.push(error);
      }
    }
    const notFound = { status: 404, code: "TENANT_NOT_FOUND", message: "Tenant not found" };
    expect(answers).toEqual([notFound, notFound, notFound, notFound]);
    expect(await readError(await asAcme(tenants))).toMatchObject({ code: "FORBIDDEN" });
  });

  test("is none without naming the tenant, whatever the path names", async () => {
    const { as, acmeKey } = await openAdministration();
    const nameless = as({ "X-API-Key": acmeKey.text });
    const answers = [];
    for (const id of ["acme", "other", "nobody"])
      answers.push((await readError(await nameless(`${tenants}/${id}`))).code);
    expect(new Set(answers).size).toBe(1);
    const foreign = as({ "X-API-Key": acmeKey.text, "X-Tenant-ID": "other" });
    for (const path of ["tenants/other", "tenants/acme", "keys", "audit"])
      expect(await readError(await foreign(`${admin}/${path}`))).toMatchObject({
        code: "INVALID_TOKEN",
      });
  });
});

test.each(["server", "publishable"] as const)("a %s key administers nothing", async (role) => {
  const { as, keyOf, makeKey } = await openAdministration();
  const { key } = await makeKey(role, "acme");
  const headers = { ...keyOf(key), Origin: "http://localhost:3000" };
  const paths = [
    "tenants",
    "tenants/acme",
    "keys",
    "origins",
    "users",
    "audit",
    "usage",
    "documents",
  ];
  for (const path of paths) {
    const error = await readError(await as(headers)(`${admin}/${path}`));
    expect([path, error.status, error.code]).toEqual([path, 403, "FORBIDDEN"]);
  }
});
