import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { countEntries, makeEntry, soon, type OpenAccess } from "./access-fixtures.ts";
import { readAll } from "./store-fixtures.ts";

let people = 0;

function newExternalId(): string {
  people += 1;
  return `person ${people}`;
}

export function userContract(open: OpenAccess): void {
  const ensure = (externalId = newExternalId(), tenantId = open().tenantId) =>
    open().here.users.ensureUser(tenantId, externalId, {});

  describe("users", () => {
    it("are made at first sight, and the same ever after", async () => {
      const { here, there, tenantId } = open();
      const externalId = "Zoë|0815/🪧";
      const profile = { name: "Zoë", email: "zoe@example.com" };
      const user = await here.users.ensureUser(tenantId, externalId, profile);
      expect(user).toEqual({
        id: expect.stringMatching(/^user_[a-z0-9]{26}$/),
        tenantId,
        externalId,
        ...profile,
        role: "member",
        status: "active",
        createdAt: expect.any(Date),
      });
      for (const { users } of [here, there]) {
        expect(await users.findUser(tenantId, user.id)).toEqual(user);
        expect(await users.ensureUser(tenantId, externalId, {})).toEqual(user);
      }
    });

    it("are one person when many ask for them at once, in all processes", async () => {
      const { here, there, tenantId } = open();
      const externalId = newExternalId();
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? here : there).users.ensureUser(tenantId, externalId, {}),
        ),
      );
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    });

    it("keep what is told of them, and what isn't told stays", async () => {
      const { here, there, tenantId } = open();
      const externalId = newExternalId();
      const { id } = await here.users.ensureUser(tenantId, externalId, { name: "A" });
      await here.users.ensureUser(tenantId, externalId, { email: "a@example.com" });
      const renamed = await here.users.ensureUser(tenantId, externalId, { name: "B" });
      expect(renamed).toMatchObject({ id, name: "B", email: "a@example.com" });
      expect(await here.users.findUser(tenantId, id)).toEqual(renamed);
      await expect.poll(() => there.users.findUser(tenantId, id), soon).toEqual(renamed);
    });

    it("are what the newest token tells of them, however often an older one is shown", async () => {
      const { here, tenantId } = open();
      const externalId = newExternalId();
      const tell = (name: string | undefined, toldAt?: number) =>
        here.users.ensureUser(tenantId, externalId, { name }, toldAt);
      const now = Date.now();
      await tell("Old", now - 2000);
      for (let count = 0; count < 3; count += 1) {
        expect(await tell("New", now - 1000)).toMatchObject({ name: "New" });
        expect(await tell("Old", now - 2000)).toMatchObject({ name: "New" });
        expect(await tell("Of the same second", now - 1000)).toMatchObject({ name: "New" });
      }
      // What tells nothing isn't heard either.
      await tell(undefined, now - 100);
      expect(await tell("Newer", now - 500)).toMatchObject({ name: "Newer" });
      const { id } = await tell("By the server");
      expect(await tell("By the server again")).toMatchObject({ id, name: "By the server again" });
      expect(await tell("Newer", now - 500)).toMatchObject({ name: "By the server again" });
      expect(await here.users.findUser(tenantId, id)).toMatchObject({
        name: "By the server again",
      });
    });

    it("aren't there under an id that none has", async () => {
      const { here, tenantId } = open();
      for (const id of [newId("user"), "", "' or 1=1 --", "\0", "💥", "x".repeat(5000)])
        expect(await here.users.findUser(tenantId, id), id).toBeUndefined();
    });

    it("are blocked and given roles, which every process sees within a second", async () => {
      const { here, there, tenantId } = open();
      const user = await ensure();
      expect(await there.users.findUser(tenantId, user.id)).toEqual(user);
      await there.users.ensureUser(tenantId, user.externalId, {});
      const changes = { status: "blocked", role: "admin", name: null } as const;
      const changed = { ...user, ...changes };
      const entry = makeEntry("user.update", { target: user.id });
      expect(await here.users.updateUser(tenantId, user.id, changes, entry)).toEqual(changed);
      expect(await here.users.findUser(tenantId, user.id)).toEqual(changed);
      await expect.poll(() => there.users.findUser(tenantId, user.id), soon).toEqual(changed);
      for (const { users } of [here, there])
        expect(await users.ensureUser(tenantId, user.externalId, {})).toEqual(changed);
    });

    it("that nobody is can't be changed, and no entry says they were", async () => {
      const { here, tenantId } = open();
      const entries = await countEntries(open());
      for (const id of [newId("user"), "", "\0"]) {
        const entry = makeEntry("user.update");
        expect(await here.users.updateUser(tenantId, id, { name: "X" }, entry)).toBeUndefined();
      }
      expect(await countEntries(open())).toBe(entries);
    });

    it("of two tenants are two people, also under one id of the host site", async () => {
      const { here, tenantId, otherTenantId } = open();
      const ours = await ensure("same id");
      const theirs = await ensure("same id", otherTenantId);
      expect(theirs.id).not.toBe(ours.id);
      expect(await here.users.findUser(otherTenantId, ours.id)).toBeUndefined();
      const entry = makeEntry("user.update", { tenantId: otherTenantId });
      const entries = await countEntries(open());
      expect(
        await here.users.updateUser(otherTenantId, ours.id, { name: "X" }, entry),
      ).toBeUndefined();
      expect(await countEntries(open())).toBe(entries);
      expect(await here.users.findUser(tenantId, ours.id)).toEqual(ours);
      const listed = await readAll((page) => here.users.listUsers(otherTenantId, page), 2);
      expect(listed.map(({ id }) => id)).toContain(theirs.id);
      expect(listed.filter((user) => user.tenantId !== otherTenantId)).toEqual([]);
    });

    it("are listed newest first, page by page, each once", async () => {
      const { here, tenantId } = open();
      const made = [];
      for (let count = 0; count < 7; count += 1) made.push(await ensure());
      const listed = await readAll((page) => here.users.listUsers(tenantId, page), 2);
      const times = listed.map(({ createdAt }) => createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(made));
    });

    it("aren't listed behind a place that is none", async () => {
      const { here, tenantId } = open();
      for (const after of ["", "x", "1.", "' or 1=1 --", "1.a b"])
        await expect(
          here.users.listUsers(tenantId, { limit: 5, after }),
          after,
        ).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    });

    it("change together with their audit entry, or not at all", async () => {
      const { here, tenantId, withoutAudit } = open();
      const user = await ensure();
      await withoutAudit(async () => {
        const change = here.users.updateUser(
          tenantId,
          user.id,
          { status: "blocked" },
          makeEntry("user.update"),
        );
        await expect(change).rejects.toThrow();
      });
      expect(await here.users.findUser(tenantId, user.id)).toEqual(user);
    });
  });
}
