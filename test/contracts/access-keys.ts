import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import {
  countEntries,
  makeEntry,
  makeHash,
  makeKey,
  soon,
  type OpenAccess,
} from "./access-fixtures.ts";

const later = (ms: number) => new Date(Date.UTC(2030, 6, 1) + ms);

export function keyContract(open: OpenAccess): void {
  describe("API keys", () => {
    it("are found by their hash and their id, whole but for the hash", async () => {
      const { keys } = open().here;
      const key = makeKey({
        role: "publishable",
        name: "Website 🪧",
        origins: ["https://shop.example", "https://www.shop.example:8443"],
        expiresAt: later(0),
        lastUsedAt: later(1),
      });
      await keys.addKey(key, makeEntry("key.create"));
      const { hash, ...shown } = key;
      expect(await keys.findKeyByHash(hash)).toEqual(shown);
      expect(await keys.findKey(key.id)).toEqual(shown);
    });

    it("aren't there under a hash or an id that none has", async () => {
      const { keys } = open().here;
      const { id } = makeKey();
      for (const hash of [makeHash(), "", id, "' or 1=1 --", "*"])
        expect(await keys.findKeyByHash(hash), hash).toBeUndefined();
      for (const text of [id, "", "' or 1=1 --", "\0", "💥", "x".repeat(5000)])
        expect(await keys.findKey(text), text).toBeUndefined();
    });

    it("are good at once, in every process, also where they were asked for before", async () => {
      const { here, there } = open();
      const key = makeKey();
      for (const { keys } of [here, there]) {
        expect(await keys.findKeyByHash(key.hash)).toBeUndefined();
        expect(await keys.findKey(key.id)).toBeUndefined();
      }
      await here.keys.addKey(key, makeEntry("key.create"));
      expect(await here.keys.findKeyByHash(key.hash)).toMatchObject({ id: key.id });
      expect(await here.keys.findKey(key.id)).toMatchObject({ id: key.id });
      const found = () => there.keys.findKeyByHash(key.hash);
      await expect.poll(found, soon).toMatchObject({ id: key.id });
      await expect.poll(() => there.keys.findKey(key.id), soon).toMatchObject({ id: key.id });
    });

    it("are revoked once, which every process sees within a second", async () => {
      const { here, there } = open();
      const key = makeKey();
      await here.keys.addKey(key, makeEntry("key.create"));
      await expect.poll(() => there.keys.findKeyByHash(key.hash), soon).toBeDefined();
      const revoke = () =>
        here.keys.revokeKey("demo", key.id, later(5), makeEntry("key.revoke", { target: key.id }));
      expect(await revoke()).toBe(true);
      expect(await here.keys.findKeyByHash(key.hash)).toMatchObject({ revokedAt: later(5) });
      expect(await here.keys.findKey(key.id)).toMatchObject({ revokedAt: later(5) });
      const seen = async () => (await there.keys.findKeyByHash(key.hash))?.revokedAt;
      await expect.poll(seen, soon).toEqual(later(5));
      expect(await there.keys.findKey(key.id)).toMatchObject({ revokedAt: later(5) });
      const entries = await countEntries(open());
      expect(await revoke()).toBe(false);
      expect(await countEntries(open())).toBe(entries);
    });

    it("can be given an end, which is never put off", async () => {
      const { keys } = open().here;
      const key = makeKey();
      await keys.addKey(key, makeEntry("key.create"));
      const expire = (at: Date, now: Date) =>
        keys.expireKey("demo", key.id, at, makeEntry("key.expire", { at: now }));
      const endOf = async () => (await keys.findKeyByHash(key.hash))?.expiresAt;
      expect(await expire(later(5000), later(0))).toBe(true);
      expect(await endOf()).toEqual(later(5000));
      expect(await expire(later(9000), later(0))).toBe(true);
      expect(await endOf()).toEqual(later(5000));
      expect(await expire(later(1000), later(0))).toBe(true);
      expect(await endOf()).toEqual(later(1000));
      const entries = await countEntries(open());
      expect(await expire(later(9000), later(1000))).toBe(false);
      expect(await endOf()).toEqual(later(1000));
      await keys.revokeKey("demo", key.id, later(0), makeEntry("key.revoke"));
      expect(await expire(later(500), later(0))).toBe(false);
      expect(await countEntries(open())).toBe(entries + 1);
    });

    it("are listed newest first, without the revoked ones", async () => {
      const { keys } = open().here;
      const tenantId = open().otherTenantId;
      const made = [2, 3, 1].map((ms) =>
        makeKey({ tenantId, createdAt: later(ms), expiresAt: later(ms) }),
      );
      for (const key of made) await keys.addKey(key, makeEntry("key.create", { tenantId }));
      const revoked = makeKey({ tenantId });
      await keys.addKey(revoked, makeEntry("key.create"));
      await keys.revokeKey(tenantId, revoked.id, later(0), makeEntry("key.revoke"));
      const listed = await keys.listKeys(tenantId);
      expect(listed.map(({ createdAt }) => createdAt)).toEqual([later(3), later(2), later(1)]);
      expect(listed[0]).not.toHaveProperty("hash");
      expect(await keys.listKeys("nobody")).toEqual([]);
    });

    it("of one tenant can't be listed, ended or revoked by another", async () => {
      const { here, otherTenantId } = open();
      const key = makeKey();
      await here.keys.addKey(key, makeEntry("key.create"));
      const entries = await countEntries(open());
      const entry = makeEntry("key.revoke", { tenantId: otherTenantId });
      expect(await here.keys.revokeKey(otherTenantId, key.id, later(0), entry)).toBe(false);
      expect(await here.keys.expireKey(otherTenantId, key.id, later(0), entry)).toBe(false);
      const theirs = await here.keys.listKeys(otherTenantId);
      expect(theirs.filter(({ id }) => id === key.id)).toEqual([]);
      expect(await here.keys.findKeyByHash(key.hash)).toMatchObject({
        revokedAt: null,
        expiresAt: null,
      });
      expect(await countEntries(open())).toBe(entries);
    });

    it("are never two of one hash", async () => {
      const { keys } = open().here;
      const key = makeKey();
      await keys.addKey(key, makeEntry("key.create"));
      const entries = await countEntries(open());
      const twin = { ...key, id: newId("key") };
      await expect(keys.addKey(twin, makeEntry("key.create"))).rejects.toThrow();
      expect(await keys.findKey(twin.id)).toBeUndefined();
      expect(await countEntries(open())).toBe(entries);
    });

    it("change together with their audit entry, or not at all", async () => {
      const { here, withoutAudit } = open();
      const [key, refused] = [makeKey(), makeKey()];
      await here.keys.addKey(key, makeEntry("key.create"));
      await withoutAudit(async () => {
        const entry = makeEntry("key.revoke");
        await expect(here.keys.addKey(refused, entry)).rejects.toThrow();
        await expect(here.keys.revokeKey("demo", key.id, later(0), entry)).rejects.toThrow();
        await expect(here.keys.expireKey("demo", key.id, later(0), entry)).rejects.toThrow();
      });
      expect(await here.keys.findKeyByHash(refused.hash)).toBeUndefined();
      const unchanged = { revokedAt: null, expiresAt: null };
      expect(await here.keys.findKeyByHash(key.hash)).toMatchObject(unchanged);
      expect(await here.keys.findKey(key.id)).toMatchObject(unchanged);
    });
  });
}
