import { expect, test } from "vitest";
import { createMemoryAudit } from "../../../api/adapters/memory/audit.ts";
import { createMemoryErasures } from "../../../api/adapters/memory/erasures.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createMemoryTenantAdmin } from "../../../api/adapters/memory/tenant-admin.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { createMemoryUsers } from "../../../api/adapters/memory/users.ts";
import { checkErasure } from "../../../api/core/erasure/check-erasure.ts";
import {
  createEraseWorker,
  resumeErasures,
  type EraseDeps,
} from "../../../api/core/erasure/erase.ts";
import type { Erasure } from "../../../api/core/erasure/erasure.ts";
import { newId } from "../../../api/core/ids.ts";
import { runJobs, type JobWorkers } from "../../../api/core/jobs/job-runner.ts";
import type { VectorIndex } from "../../../api/core/retrieval/vector-index.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

const { signal } = new AbortController();
const actor = { kind: "platform", id: null, address: "203.0.113.7" } as const;
const hour = 3_600_000;

/** An index of vectors that is away until the test says otherwise. */
function createIndex() {
  const state = { isAway: true, tries: [] as number[] };
  const look = async (count: number) => {
    if (state.isAway) throw new Error("Away");
    return count;
  };
  const vectors = {
    count: () => look(3),
    removeTenant: () => look(0),
    find: async () => (await look(0), []),
    findDocument: async () => (await look(0), []),
    remove: () => look(0),
    removeDocument: () => look(0),
  } as unknown as VectorIndex;
  return { state, vectors };
}

function open(vectors: VectorIndex | undefined) {
  const clock = createManualClock();
  const jobs = createMemoryJobs({ clock });
  const audit = createMemoryAudit();
  const tenants = createMemoryTenantAdmin(createMemoryTenants([]), audit);
  const erasures = createMemoryErasures({
    audit,
    users: createMemoryUsers(audit),
    tenants,
    send: jobs.send,
    eraseChats: async () => ({}),
  });
  const logger = createRecordingLogger();
  const deps: EraseDeps = { erasures, jobs, vectors, keys: undefined, clock, logger };
  const workers = { erase: createEraseWorker(deps) } as unknown as JobWorkers;
  const find = async (id: string) => (await erasures.findErasure(id)) ?? expect.unreachable();
  return {
    clock,
    jobs,
    erasures,
    deps,
    find,
    keep(fields: Partial<Erasure> = {}) {
      const id = newId("era");
      const open = { state: "pending", requestedAt: new Date(), finishedAt: null } as const;
      const document = { kind: "document", subjectId: "doc_1", tenantId: "demo" } as const;
      erasures.keep({ id, actor, ...open, ...document, counts: {}, trail: {}, ...fields });
      return find(id);
    },
    async addTenant() {
      const empty = { name: "Demo", domain: null, status: "active", settings: {} } as const;
      const entry = { at: new Date(), actor, tenantId: "demo", target: "demo", details: {} };
      await tenants.createTenant({ id: "demo", ...empty }, { ...entry, action: "tenant.create" });
    },
    /** Deletes the tenant. */
    async begin() {
      const request = { id: newId("era"), actor, requestedAt: new Date() };
      const entry = { at: new Date(), actor, tenantId: "demo", target: "demo", details: {} };
      const audited = { ...entry, action: "tenant.delete" } as const;
      return (await erasures.beginTenant("demo", request, audited))?.id ?? expect.unreachable();
    },
    run: () => runJobs({ jobs, workers, clock, logger }),
    /** Runs what is due now, once. */
    async step() {
      const job = await jobs.take({ skip: [], perTenant: 9 });
      if (job?.kind !== "erase") return undefined;
      await workers.erase.run(job, signal);
      await jobs.finish(job);
      return job.data;
    },
  };
}

/** Lets so much time pass in steps of two minutes, in which jobs are taken. */
async function pass(clock: ReturnType<typeof createManualClock>, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 120_000) {
    clock.advance(120_000);
    for (let n = 0; n < 10; n += 1) await settle();
  }
}

test("a deletion that can't be finished for days goes on by itself, and is complete when the place is back", async () => {
  const { state, vectors } = createIndex();
  const { clock, addTenant, begin, run, find } = open(vectors);
  await addTenant();
  const id = await begin();
  const runner = run();
  await pass(clock, 2 * hour);
  expect(await find(id)).toMatchObject({
    state: "failed",
    finishedAt: null,
    trail: { waitsFor: "The vector index did not answer" },
  });
  await pass(clock, 60 * hour);
  state.isAway = false;
  await pass(clock, 26 * hour);
  const done = await find(id);
  expect(done).toMatchObject({ state: "complete", counts: { vectors: 3 } });
  expect(done.trail).not.toHaveProperty("waitsFor");
  await runner.close(0);
});

test("a deletion in whose way something was goes on at once when it is checked, asked for again, or a process starts", async () => {
  for (const restart of ["check", "again", "start"] as const) {
    const { state, vectors } = createIndex();
    const { clock, jobs, erasures, deps, addTenant, begin, run, find } = open(vectors);
    await addTenant();
    const id = await begin();
    const runner = run();
    await pass(clock, 2 * hour);
    expect((await find(id)).state).toBe("failed");
    state.isAway = false;
    if (restart === "check")
      expect(await checkErasure(deps, await find(id), signal)).toMatchObject({ result: "pending" });
    else if (restart === "again") await begin();
    else await resumeErasures({ erasures, jobs });
    await pass(clock, 120_000);
    expect((await find(id)).state, restart).toBe("complete");
    await runner.close(0);
  }
});

test("where vectors were ever in use, a process without settings for them calls no deletion complete, and says why", async () => {
  const { clock, erasures, keep, jobs, step, find } = open(undefined);
  await erasures.noteVectors();
  const { id } = await keep();
  const pauses: number[] = [];
  await resumeErasures({ erasures, jobs });
  await jobs.send([{ kind: "erase", tenantId: "demo", data: { erasureId: id } }]);
  expect(await step()).toMatchObject({ erasureId: id });
  const reason = "Vectors of it may be in a vector index that this process has no settings for";
  expect(await find(id)).toMatchObject({ state: "pending", trail: { waitsFor: reason } });
  for (let round = 1; round <= 7; round += 1) {
    const since = clock.now();
    while ((await step()) === undefined) clock.advance(60_000);
    pauses.push((clock.now() - since) / 60_000);
  }
  expect(pauses).toEqual([5, 20, 80, 320, 1280, 1440, 1440]);
  expect((await find(id)).state).toBe("pending");
});

test("nor does it call one clean that another has completed", async () => {
  const { erasures, keep, deps } = open(undefined);
  const complete = await keep({ state: "complete", finishedAt: new Date() });
  expect(await checkErasure(deps, complete, signal)).toMatchObject({ result: "clean" });
  await erasures.noteVectors();
  await expect(checkErasure(deps, complete, signal)).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
  });
  const { vectors } = createIndex();
  const seeing = {
    ...deps,
    vectors: { ...vectors, find: async () => [], findDocument: async () => [] },
  };
  expect(await checkErasure(seeing, complete, signal)).toMatchObject({ result: "clean" });
});

test("a document that had vectors is not called gone where nobody has noted them", async () => {
  const { keep, jobs, step, find } = open(undefined);
  const { id } = await keep({ trail: { versions: [{ id: "ver_1", passages: 2 }] } });
  await jobs.send([{ kind: "erase", tenantId: "demo", data: { erasureId: id } }]);
  await step();
  expect(await find(id)).toMatchObject({
    state: "pending",
    trail: { waitsFor: expect.any(String) },
  });
});
