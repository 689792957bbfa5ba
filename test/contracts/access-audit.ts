import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { makeEntry, type OpenAccess } from "./access-fixtures.ts";
import { readAll } from "./store-fixtures.ts";

export function auditContract(open: OpenAccess): void {
  const read = (tenantId: string | undefined) =>
    readAll((page) => open().here.audit.list(tenantId, page), 3);

  describe("the audit log", () => {
    it("gives its entries back as they were added, newest first", async () => {
      const { audit } = open().here;
      const tenantId = newId("audit");
      const first = makeEntry("tenant.update", {
        tenantId,
        details: { changes: { "prompt a.b": { old: null, new: "Größe 🪧\n\\" } }, list: [1.5, {}] },
      });
      const second = makeEntry("document.delete", {
        tenantId,
        at: new Date(0),
        actor: { kind: "platform", id: null, address: "" },
        target: null,
      });
      await audit.add(first);
      await audit.add(second);
      const { items, next } = await audit.list(tenantId, { limit: 10 });
      expect(items).toEqual([
        { ...second, id: expect.stringMatching(/^audit_/) },
        { ...first, id: expect.stringMatching(/^audit_/) },
      ]);
      expect(next).toBeNull();
      expect(items[0]?.id).not.toBe(items[1]?.id);
    });

    it("shows one tenant's entries alone, or all of them", async () => {
      const { audit } = open().here;
      const [tenantId, otherId] = [newId("audit"), newId("audit")];
      await audit.add(makeEntry("key.create", { tenantId }));
      await audit.add(makeEntry("key.create", { tenantId: otherId }));
      await audit.add(makeEntry("tenant.create", { tenantId: null, target: "new" }));
      const one = await read(tenantId);
      expect(one.map((entry) => entry.tenantId)).toEqual([tenantId]);
      const all = await read(undefined);
      expect(all.slice(0, 3).map((entry) => entry.tenantId)).toEqual([null, otherId, tenantId]);
      expect(await read("nobody")).toEqual([]);
    });

    it("is read page by page, each entry once", async () => {
      const { audit } = open().here;
      const tenantId = newId("audit");
      const targets = Array.from({ length: 7 }, (_, index) => `target ${index}`);
      for (const target of targets) await audit.add(makeEntry("key.revoke", { tenantId, target }));
      const entries = await read(tenantId);
      expect(entries.map(({ target }) => target)).toEqual(targets.toReversed());
    });

    it("isn't read behind a place that is none", async () => {
      const { audit } = open().here;
      for (const after of ["", "x", "-1", "' or 1=1 --"])
        await expect(audit.list(undefined, { limit: 5, after }), after).rejects.toMatchObject({
          code: "INVALID_CURSOR",
        });
    });

    it("keeps what was told, whatever becomes of the object", async () => {
      const { audit } = open().here;
      const details = { changes: { name: "before" } };
      const tenantId = newId("audit");
      await audit.add(makeEntry("tenant.update", { tenantId, details }));
      details.changes.name = "after";
      const [entry] = await read(tenantId);
      expect(entry?.details).toEqual({ changes: { name: "before" } });
    });

    it("says so when an entry can't be stored", async () => {
      const { here, withoutAudit } = open();
      await withoutAudit(async () => {
        await expect(here.audit.add(makeEntry("document.add"))).rejects.toThrow();
      });
    });
  });
}
