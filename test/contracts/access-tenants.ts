import { describe, expect, it } from "vitest";
import type { NewTenant, TenantRecord } from "../../api/core/admin/tenant-admin-store.ts";
import {
  countEntries,
  makeEntry,
  soon,
  type AccessHarness,
  type OpenAccess,
} from "./access-fixtures.ts";
import { readAll } from "./store-fixtures.ts";

function makeNew(id: string, fields: Partial<NewTenant> = {}): NewTenant {
  return { id, name: `Tenant ${id}`, domain: null, status: "active", settings: {}, ...fields };
}

export function tenantAdminContract(open: OpenAccess): void {
  const create = (tenant: NewTenant) =>
    open().here.tenantAdmin.createTenant(
      tenant,
      makeEntry("tenant.create", { tenantId: tenant.id, target: tenant.id }),
    );

  describe("the tenants, as they are administered", () => {
    it("are made with their settings, and served at once", async () => {
      const { here, there } = open();
      expect(await here.tenants.findTenant("new-one")).toBeUndefined();
      expect(await there.tenants.findTenant("new-one")).toBeUndefined();
      const draft = makeNew("new-one", {
        name: "Bäckerei 🥨",
        domain: "example.com",
        settings: { plan: "pro", ours: { deep: [1, null, "ü"] } },
      });
      const made = await create(draft);
      expect(made).toEqual({
        ...draft,
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
      });
      expect(await here.tenantAdmin.findForAdmin("new-one")).toEqual(made);
      const served = { id: "new-one", name: "Bäckerei 🥨", settings: { plan: "pro" } };
      expect(await here.tenants.findTenant("new-one")).toMatchObject(served);
      const seen = () => there.tenants.findTenant("new-one");
      await expect.poll(seen, soon).toMatchObject(served);
    });

    it("are never two of one id", async () => {
      const first = await create(makeNew("twice"));
      const entries = await countEntries(open());
      await expect(create(makeNew("twice", { name: "Second" }))).rejects.toMatchObject({
        code: "TENANT_EXISTS",
      });
      expect(await open().here.tenantAdmin.findForAdmin("twice")).toEqual(first);
      expect(await countEntries(open())).toBe(entries);
    });

    it("are suspended and changed, which every process sees within a second", async () => {
      const { here, there } = open();
      await create(makeNew("to-suspend"));
      const isServed = async () => (await there.tenants.findTenant("to-suspend")) !== undefined;
      await expect.poll(isServed, soon).toBe(true);
      await update(open(), "to-suspend", () => ({ status: "suspended", name: "Other" }));
      expect(await here.tenants.findTenant("to-suspend")).toBeUndefined();
      await expect.poll(isServed, soon).toBe(false);
      const record = { status: "suspended", name: "Other" };
      expect(await here.tenantAdmin.findForAdmin("to-suspend")).toMatchObject(record);
      await update(open(), "to-suspend", () => ({ status: "active" }));
      expect(await here.tenants.findTenant("to-suspend")).toMatchObject({ name: "Other" });
      await expect.poll(isServed, soon).toBe(true);
    });

    it("keep settings that nobody named, and lose those that were taken away", async () => {
      const settings = { plan: "pro", prompt: "Be brief.", unknown: { keep: [1, { me: null }] } };
      await create(makeNew("settings", { settings, domain: "example.com" }));
      const changed = await update(
        open(),
        "settings",
        ({ settings: { prompt: _gone, ...rest } }) => ({
          settings: { ...rest, plan: "free", temperature: 0.5 },
          domain: null,
        }),
      );
      expect(changed).toMatchObject({ domain: null, name: "Tenant settings" });
      const { prompt: _gone, ...kept } = settings;
      const expected = { ...kept, plan: "free", temperature: 0.5 };
      expect(changed?.settings).toEqual(expected);
      expect((await open().here.tenantAdmin.findForAdmin("settings"))?.settings).toEqual(expected);
    });

    it("lose no change of those that are made at once, in all processes", async () => {
      await create(makeNew("racing", { settings: { count: 0 } }));
      const { here, there } = open();
      const raise = ({ settings }: TenantRecord) => ({
        changes: { settings: { ...settings, count: Number(settings.count) + 1 } },
        audit: makeEntry("tenant.update", { tenantId: "racing" }),
      });
      const all = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? here : there).tenantAdmin.updateTenant("racing", raise),
      );
      await Promise.all(all);
      expect((await here.tenantAdmin.findForAdmin("racing"))?.settings).toEqual({ count: 20 });
    });

    it("stay as they are when there is nothing to change, or the change throws", async () => {
      const { tenantAdmin } = open().here;
      const made = await create(makeNew("unchanged", { settings: { plan: "pro" } }));
      const entries = await countEntries(open());
      expect(await tenantAdmin.updateTenant("unchanged", () => undefined)).toEqual(made);
      const failing = tenantAdmin.updateTenant("unchanged", () => {
        throw new Error("No such plan");
      });
      await expect(failing).rejects.toThrow("No such plan");
      expect(await tenantAdmin.findForAdmin("unchanged")).toEqual(made);
      expect(await countEntries(open())).toBe(entries);
    });

    it("that aren't there can't be found or changed", async () => {
      const { tenantAdmin } = open().here;
      for (const id of ["unknown", "", "Racing", "' or 1=1 --", "\0", "__proto__"]) {
        expect(await tenantAdmin.findForAdmin(id), id).toBeUndefined();
        const change = tenantAdmin.updateTenant(id, () => {
          throw new Error("Asked for a change of nothing");
        });
        expect(await change, id).toBeUndefined();
      }
    });

    it("are listed page by page in the order of their ids, each once", async () => {
      const ids = ["page-1", "page-10", "page-2", "page"];
      for (const id of ids) await create(makeNew(id, { status: "suspended" }));
      const { tenantAdmin } = open().here;
      const list = async () =>
        (await readAll((page) => tenantAdmin.listTenants(page), 2)).map(({ id }) => id);
      const listed = await list();
      expect(listed).toEqual(expect.arrayContaining(ids));
      expect(new Set(listed).size).toBe(listed.length);
      expect(await list()).toEqual(listed);
      await expect(tenantAdmin.listTenants({ limit: 5, after: "A b" })).rejects.toMatchObject({
        code: "INVALID_CURSOR",
      });
    });

    it("change together with their audit entry, or not at all", async () => {
      const { here, withoutAudit } = open();
      const made = await create(makeNew("audited"));
      await withoutAudit(async () => {
        await expect(update(open(), "audited", () => ({ name: "Other" }))).rejects.toThrow();
        await expect(create(makeNew("refused"))).rejects.toThrow();
      });
      expect(await here.tenantAdmin.findForAdmin("audited")).toEqual(made);
      expect(await here.tenantAdmin.findForAdmin("refused")).toBeUndefined();
      await update(open(), "audited", () => ({ name: "Other" }));
      const { items } = await here.audit.list("audited", { limit: 10 });
      expect(items.map(({ action }) => action)).toEqual(["tenant.update", "tenant.create"]);
    });
  });
}

function update(
  { here }: AccessHarness,
  id: string,
  change: (tenant: TenantRecord) => Partial<TenantRecord>,
): Promise<TenantRecord | undefined> {
  const audit = makeEntry("tenant.update", { tenantId: id, target: id });
  return here.tenantAdmin.updateTenant(id, (tenant) => ({ changes: change(tenant), audit }));
}
