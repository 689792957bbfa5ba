import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserStore } from "../../api/core/access/user.ts";
import type { AuditAction, AuditEntry, AuditLog } from "../../api/core/admin/audit.ts";
import type { Erasure, ErasureRequest, ErasureStore } from "../../api/core/erasure/erasure.ts";
import { newId } from "../../api/core/ids.ts";
import type { JobStore } from "../../api/core/jobs/job-store.ts";
import type { ChatStore, TenantStore } from "../../api/core/ports.ts";
import { makeChat } from "./store-fixtures.ts";

export interface ErasuresHarness {
  readonly erasures: ErasureStore;
  readonly users: UserStore;
  readonly chats: Pick<ChatStore, "createChat" | "deleteChat" | "findChat">;
  readonly tenants: TenantStore;
  readonly audit: AuditLog;
  readonly jobs: Pick<JobStore, "listJobs" | "removeJobs">;
  /** Makes an active tenant. */
  addTenant(id: string): Promise<void>;
  close(): Promise<void>;
}

const actor = { kind: "platform", id: null, address: "203.0.113.7" } as const;
const request = (): ErasureRequest => ({ id: newId("era"), actor, requestedAt: new Date(1.9e12) });

function entry(action: AuditAction, tenantId: string, target: string): AuditEntry {
  return { at: new Date(1.9e12), actor, tenantId, action, target, details: {} };
}

/** What every ErasureStore guarantees. */
export function erasuresContract(name: string, open: () => Promise<ErasuresHarness>): void {
  describe(`${name}: deletions and their receipts`, () => {
    let harness: ErasuresHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    async function openTenant(id: string) {
      await harness.addTenant(id);
      const tenant = await harness.tenants.findTenant(id);
      return tenant ?? expect.unreachable();
    }

    const eraseJobs = async (tenantId: string) =>
      (await harness.jobs.listJobs(tenantId)).filter(({ kind }) => kind === "erase");

    it("a chat that is deleted with a request leaves a receipt, without one it leaves none", async () => {
      const tenant = await openTenant("chat-receipts");
      const [first, second] = [makeChat(), makeChat()];
      for (const chat of [first, second]) await harness.chats.createChat(tenant, chat);
      const asked = request();
      expect(await harness.chats.deleteChat(tenant, first.id, asked)).toBe(true);
      expect(await harness.chats.deleteChat(tenant, second.id)).toBe(true);
      expect(await harness.chats.deleteChat(tenant, first.id, request())).toBe(false);
      const { items } = await harness.erasures.listErasures(tenant.id, { limit: 10 });
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        ...asked,
        tenantId: tenant.id,
        kind: "chat",
        subjectId: first.id,
        state: "complete",
        counts: { chats: 1, chat_messages: 0 },
        finishedAt: expect.any(Date),
      });
      expect(await harness.erasures.findErasure(asked.id)).toEqual(items[0]);
      expect(await harness.erasures.findErasure("era_unknown")).toBeUndefined();
    });

    it("a user is gone at once, their chats when the rows are erased, and once", async () => {
      const tenant = await openTenant("user-erasures");
      const user = await harness.users.ensureUser(tenant.id, "ann", { name: "Ann" });
      const mine = makeChat({ ownerId: user.id });
      const others = makeChat({ ownerId: "vis_another" });
      for (const chat of [mine, others]) await harness.chats.createChat(tenant, chat);
      const { erasures } = harness;
      const audit = entry("user.delete", tenant.id, user.id);
      const begun = await erasures.beginUser(tenant.id, user.id, request(), audit);
      expect(begun).toMatchObject({ kind: "user", state: "pending", counts: { users: 1 } });
      expect(await harness.users.findUser(tenant.id, user.id)).toBeUndefined();
      expect(await erasures.beginUser(tenant.id, user.id, request(), audit)).toBeUndefined();
      expect(await erasures.beginUser("demo", user.id, request(), audit)).toBeUndefined();
      expect(await eraseJobs(tenant.id)).toHaveLength(1);
      const receipt = begun ?? expect.unreachable();
      expect((await erasures.eraseRows(receipt)).counts["chats"]).toBe(1);
      expect((await erasures.eraseRows(receipt)).counts["chats"]).toBe(1);
      expect(await harness.chats.findChat(tenant, mine.id)).toBeUndefined();
      expect(await harness.chats.findChat(tenant, others.id)).toBeDefined();
      await finishTwice(receipt, { cache_keys: 2 });
      expect(await erasures.findLeftRows(receipt)).toEqual({});
      const entries = (await harness.audit.list(tenant.id, { limit: 10 })).items;
      expect(entries.map(({ action }) => action)).toEqual(["user.delete"]);
    });

    it("a tenant is shut at once, asked again the same deletion, and its own row goes last", async () => {
      const tenant = await openTenant("tenant-erasures");
      await harness.chats.createChat(tenant, makeChat());
      const { erasures, tenants } = harness;
      const audit = entry("tenant.delete", tenant.id, tenant.id);
      const begun = await erasures.beginTenant(tenant.id, request(), audit);
      expect(begun).toMatchObject({ kind: "tenant", state: "pending", subjectId: tenant.id });
      expect(await tenants.findTenant(tenant.id)).toBeUndefined();
      const again = await erasures.beginTenant(tenant.id, request(), audit);
      expect(again?.id).toBe(begun?.id);
      expect(await erasures.beginTenant("no-such-tenant", request(), audit)).toBeUndefined();
      const receipt = begun ?? expect.unreachable();
      await erasures.eraseRows(receipt);
      await finishTwice(receipt, { vectors: 3 });
      expect(await erasures.beginTenant(tenant.id, request(), audit)).toBeUndefined();
      expect(await tenants.findTenantInAnyState(tenant.id)).toBeUndefined();
      expect(await erasures.findErasure(receipt.id)).toMatchObject({ tenantId: tenant.id });
    });

    /** What is finished stays so, and nothing is counted twice. */
    async function finishTwice({ id }: Erasure, counts: Record<string, number>): Promise<void> {
      await harness.erasures.finishErasure(id, counts);
      await harness.erasures.finishErasure(id, counts);
      await harness.erasures.failErasure(id);
      expect(await harness.erasures.findErasure(id)).toMatchObject({ state: "complete", counts });
    }

    it("one that is given up has failed", async () => {
      const tenant = await openTenant("failed-erasures");
      const audit = entry("tenant.delete", tenant.id, tenant.id);
      const begun = await harness.erasures.beginTenant(tenant.id, request(), audit);
      await harness.erasures.failErasure(begun?.id ?? "");
      expect(await harness.erasures.findErasure(begun?.id ?? "")).toMatchObject({
        state: "failed",
        finishedAt: null,
      });
    });

    it("one in whose way something is says what, is stuck until it is complete, and goes on when it is asked for again", async () => {
      const { erasures, jobs } = harness;
      const tenant = await openTenant("stuck-erasures");
      const audit = entry("tenant.delete", tenant.id, tenant.id);
      const begun = await erasures.beginTenant(tenant.id, request(), audit);
      const { id } = begun ?? expect.unreachable();
      const isListed = async () =>
        (await erasures.listStuckErasures(100)).some((erasure) => erasure.id === id);
      expect(await isListed()).toBe(false);
      await erasures.noteErasure(id, "The index is away", { cache_keys: 2 });
      expect(await erasures.findErasure(id)).toMatchObject({
        state: "pending",
        counts: { cache_keys: 2 },
        trail: { waitsFor: "The index is away" },
      });
      expect(await isListed()).toBe(true);
      await jobs.removeJobs(tenant.id);
      expect(await eraseJobs(tenant.id)).toHaveLength(1);
      expect((await erasures.beginTenant(tenant.id, request(), audit))?.id).toBe(id);
      expect(await eraseJobs(tenant.id)).toHaveLength(1);
      await erasures.noteErasure(id, null, { cache_keys: 1 });
      expect(await isListed()).toBe(false);
      await erasures.failErasure(id);
      expect(await isListed()).toBe(true);
      await erasures.eraseRows((await erasures.findErasure(id)) ?? expect.unreachable());
      await erasures.finishErasure(id, { cache_keys: 1 });
      await erasures.noteErasure(id, "Too late", { cache_keys: 9 });
      const done = (await erasures.findErasure(id)) ?? expect.unreachable();
      expect(done).toMatchObject({ state: "complete", counts: { cache_keys: 4 } });
      expect(done.trail).not.toHaveProperty("waitsFor");
      expect(await isListed()).toBe(false);
    });

    it("that vectors were in use is known from then on", async () => {
      const { erasures } = harness;
      expect(await erasures.usedPlaces()).toEqual({ vectors: undefined, streams: false });
      for (let n = 0; n < 2; n += 1) await erasures.noteVectors();
      expect(await erasures.usedPlaces()).toEqual({ vectors: true, streams: false });
    });

    it("receipts are listed newest first, of one tenant or of all, in pages", async () => {
      const { erasures, chats } = harness;
      const ids: string[] = [];
      for (const id of ["list-a", "list-b", "list-a2"]) {
        const tenant = await openTenant(id);
        for (let n = 0; n < 2; n += 1) {
          const [chat, asked] = [makeChat(), request()];
          await chats.createChat(tenant, chat);
          await chats.deleteChat(tenant, chat.id, asked);
          ids.unshift(asked.id);
        }
      }
      const own = await erasures.listErasures("list-a", { limit: 10 });
      expect(own.items.map(({ id }) => id)).toEqual(ids.slice(4));
      const first = await erasures.listErasures(undefined, { limit: 4 });
      const rest = await erasures.listErasures(undefined, { limit: 2, after: first.next ?? "" });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
      await expect(
        erasures.listErasures(undefined, { limit: 2, after: "nonsense" }),
      ).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    });
  });
}
