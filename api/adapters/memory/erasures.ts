import type { UserStore } from "../../core/access/user.ts";
import type { AuditEntry } from "../../core/admin/audit.ts";
import { isStuck } from "../../core/erasure/erase.ts";
import {
  eraseJob,
  type Counts,
  type Erasure,
  type ErasureRequest,
  type ErasureStore,
} from "../../core/erasure/erasure.ts";
import type { NewJob } from "../../core/jobs/job-store.ts";
import { takePage } from "./pages.ts";

/** Where the rows are that a deletion is about; each tells how many it has removed. */
export interface MemoryErasureDeps {
  readonly audit: { record(entry: AuditEntry): void };
  readonly users: Pick<UserStore, "findUser"> & { remove(tenantId: string, id: string): void };
  readonly tenants: {
    has(id: string): boolean;
    shut(id: string): void;
    remove(id: string): void;
  };
  /** Deletes the chats of a user; undefined: of the whole tenant. */
  readonly eraseChats: (tenantId: string, ownerId: string | undefined) => Promise<Counts>;
  readonly send: (jobs: readonly NewJob[]) => Promise<void>;
}

export interface MemoryErasures extends ErasureStore {
  /** Keeps the receipt of a deletion that is done. */
  keep(erasure: Erasure): void;
}

/** Receipts in memory, and the deletions of users and tenants. */
export function createMemoryErasures(deps: MemoryErasureDeps): MemoryErasures {
  const { audit, users, tenants, eraseChats } = deps;
  let hasVectors: true | undefined;
  const receipts = new Map<string, { readonly seq: number; erasure: Erasure }>();

  function keep(erasure: Erasure): void {
    receipts.set(erasure.id, { seq: receipts.size + 1, erasure });
  }

  function change(id: string, changes: Partial<Erasure>): void {
    const known = receipts.get(id);
    if (known) known.erasure = { ...known.erasure, ...changes };
  }

  async function begin(
    request: ErasureRequest,
    entry: AuditEntry,
    subject: Pick<Erasure, "tenantId" | "kind" | "subjectId" | "counts">,
  ): Promise<Erasure> {
    audit.record(entry);
    const erasure: Erasure = {
      ...request,
      ...subject,
      trail: {},
      state: "pending",
      finishedAt: null,
    };
    keep(erasure);
    await deps.send([eraseJob(erasure)]);
    return erasure;
  }

  return {
    keep,
    async listErasures(tenantId, page) {
      const own = [...receipts.values()]
        .filter(({ erasure }) => tenantId === undefined || erasure.tenantId === tenantId)
        .toSorted((a, b) => b.seq - a.seq);
      const { items, ...places } = takePage(own, ({ seq }) => [-seq], page, [0]);
      return { ...places, items: items.map(({ erasure }) => erasure) };
    },
    findErasure: async (id) => receipts.get(id)?.erasure,
    async beginTenant(tenantId, request, entry) {
      const known = [...receipts.values()].find(
        ({ erasure: { kind, subjectId, state } }) =>
          kind === "tenant" && subjectId === tenantId && state !== "complete",
      );
      if (known && isStuck(known.erasure)) await deps.send([eraseJob(known.erasure)]);
      if (known) return known.erasure;
      if (!tenants.has(tenantId)) return undefined;
      tenants.shut(tenantId);
      const subject = { tenantId, kind: "tenant", subjectId: tenantId, counts: {} } as const;
      return begin(request, entry, subject);
    },
    async beginUser(tenantId, userId, request, entry) {
      if (!(await users.findUser(tenantId, userId))) return undefined;
      users.remove(tenantId, userId);
      const counts = { users: 1, external_user_mapping: 1 };
      return begin(request, entry, { tenantId, kind: "user", subjectId: userId, counts });
    },
    async eraseRows(erasure) {
      const { id, tenantId, kind, subjectId } = erasure;
      if (kind !== "user" && kind !== "tenant") return erasure;
      const removed = await eraseChats(tenantId, kind === "user" ? subjectId : undefined);
      change(id, { counts: add(receipts.get(id)?.erasure.counts ?? {}, removed) });
      return receipts.get(id)?.erasure ?? erasure;
    },
    async finishErasure(id, counts) {
      const erasure = receipts.get(id)?.erasure;
      if (!erasure || erasure.state === "complete") return;
      if (erasure.kind === "tenant") tenants.remove(erasure.tenantId);
      const all = add(erasure.counts, counts);
      const { waitsFor: _waitsFor, ...trail } = erasure.trail;
      change(id, { counts: all, trail, state: "complete", finishedAt: new Date() });
    },
    async failErasure(id) {
      if (receipts.get(id)?.erasure.state === "pending") change(id, { state: "failed" });
    },
    async noteErasure(id, waitsFor, counts) {
      const erasure = receipts.get(id)?.erasure;
      if (!erasure || erasure.state === "complete") return;
      const { waitsFor: _before, ...trail } = erasure.trail;
      const noted = waitsFor === null ? trail : { ...trail, waitsFor };
      change(id, { counts: add(erasure.counts, counts), trail: noted });
    },
    async listStuckErasures(limit) {
      const all = [...receipts.values()].toSorted((a, b) => a.seq - b.seq);
      return all
        .map(({ erasure }) => erasure)
        .filter(isStuck)
        .slice(0, limit);
    },
    async noteVectors() {
      hasVectors = true;
    },
    usedPlaces: async () => ({ vectors: hasVectors, streams: false }),
    async findLeftRows({ kind, tenantId, subjectId }) {
      const isLeft =
        kind === "tenant"
          ? tenants.has(tenantId)
          : kind === "user" && (await users.findUser(tenantId, subjectId)) !== undefined;
      return isLeft ? { [kind === "tenant" ? "tenants" : "users"]: 1 } : {};
    },
  };
}

function add(before: Counts, more: Counts): Counts {
  const names = new Set([...Object.keys(before), ...Object.keys(more)]);
  return Object.fromEntries(
    [...names].map((name) => [name, (before[name] ?? 0) + (more[name] ?? 0)]),
  );
}
