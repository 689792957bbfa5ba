import { expect, test, vi } from "vitest";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { type JobWorker, type JobWorkers, runJobs } from "../../../api/core/jobs/job-runner.ts";
import { newId } from "../../../api/core/ids.ts";
import { makeJob } from "../../contracts/jobs-fixtures.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

type Ingest = JobWorker<"ingest-document">;

function openRunner(run: Ingest["run"], giveUp: Ingest["giveUp"] = async () => undefined) {
  const clock = createManualClock();
  const jobs = createMemoryJobs({ clock, attempts: 3, pauseMs: 1000 });
  const worker = { run, giveUp };
  const none = { run: async () => undefined, giveUp: async () => undefined };
  const logger = createRecordingLogger();
  const workers = {
    "ingest-document": worker,
    "remove-vectors": none,
    "crawl-source": none,
  } as unknown as JobWorkers;
  const runner = runJobs({ jobs, workers, clock, logger, slots: 2, perTenant: 1 });
  const send = async (...tenants: string[]) => {
    await jobs.send(tenants.map((tenant) => makeJob(tenant)));
    runner.wake();
  };
  return { clock, jobs, runner, send };
}

/** Work that goes on until the test ends it. */
function createHeldWork() {
  const begun: {
    readonly tenantId: string;
    readonly end: () => void;
    readonly signal: AbortSignal;
  }[] = [];
  const run: Ingest["run"] = ({ tenantId }, signal) =>
    new Promise((resolve, reject) => {
      begun.push({ tenantId, end: resolve, signal });
      signal.addEventListener("abort", () => reject(new Error("Aborted")));
    });
  return { begun, run };
}

test("tenants take turns, however many jobs one of them has sent before", async () => {
  const { begun, run } = createHeldWork();
  const { send } = openRunner(run);
  await send("a", "a", "a", "a", "b", "b", "c");
  for (let n = 0; n < 7; n += 1) {
    await vi.waitFor(() => expect(begun.length).toBeGreaterThan(n));
    begun[n]?.end();
    await settle();
  }
  expect(begun.map(({ tenantId }) => tenantId).slice(0, 5)).toEqual(["a", "b", "c", "a", "b"]);
});

test("a tenant's job that never ends holds up no other tenant", async () => {
  const { begun, run } = createHeldWork();
  const { send, runner } = openRunner(run);
  await send("hostile", "hostile", "hostile");
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  await settle();
  expect(runner.running).toBe(1);
  for (let n = 1; n <= 5; n += 1) {
    await send(`tenant-${n}`);
    await vi.waitFor(() => expect(begun).toHaveLength(n + 1));
    begun[n]?.end();
    await settle();
  }
  expect(begun.map(({ tenantId }) => tenantId).slice(1)).not.toContain("hostile");
});

test("crawls that never end leave slots to other work, and one tenant has one of them", async () => {
  const begun: string[] = [];
  const held: JobWorker<"crawl-source"> = {
    run: ({ tenantId }) => {
      begun.push(tenantId);
      return new Promise(() => undefined);
    },
    giveUp: async () => undefined,
  };
  const done: string[] = [];
  const other: Ingest = {
    run: async ({ tenantId }) => void done.push(tenantId),
    giveUp: async () => undefined,
  };
  const clock = createManualClock();
  const jobs = createMemoryJobs({ clock });
  const workers = { "ingest-document": other, "crawl-source": held } as unknown as JobWorkers;
  for (const tenantId of ["a", "a", "a", "b", "c", "d"])
    await jobs.send([{ kind: "crawl-source", tenantId, data: { webSourceId: newId("web") } }]);
  const logger = createRecordingLogger();
  const runner = runJobs({ jobs, workers, clock, logger, slots: 4, perTenant: 2 });
  await vi.waitFor(() => expect(begun).toEqual(["a", "b"]));
  await jobs.send(["a", "c", "e"].map((tenantId) => makeJob(tenantId)));
  runner.wake();
  await vi.waitFor(() => expect(done.toSorted()).toEqual(["a", "c", "e"]));
  await settle();
  expect([begun, runner.running]).toEqual([["a", "b"], 2]);
});

test("a job that fails is tried again with growing pauses, and then given up, once", async () => {
  let attempts = 0;
  const given = vi.fn(async () => undefined);
  const { clock, jobs, send } = openRunner(async () => {
    attempts += 1;
    throw new Error("Away");
  }, given);
  await send("a");
  await vi.waitFor(() => expect(attempts).toBe(1));
  for (const total of [2, 3]) {
    await settle();
    clock.advance(2000);
    await vi.waitFor(() => expect(attempts).toBe(total));
  }
  await vi.waitFor(() => expect(given).toHaveBeenCalledTimes(1));
  await settle();
  expect(await jobs.listJobs("a")).toEqual([]);
  expect(attempts).toBe(3);
});

test("a job that was deleted, or is another's by now, is broken off", async () => {
  const { begun, run } = createHeldWork();
  const { clock, jobs, send, runner } = openRunner(run);
  await send("a");
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  await jobs.removeJobs("a");
  clock.advance(4000);
  await vi.waitFor(() => expect(begun[0]?.signal.aborted).toBe(true));
  await vi.waitFor(() => expect(runner.running).toBe(0));
  expect(await jobs.listJobs("a")).toEqual([]);
});

test("who closes gives back what is under way, and takes no more", async () => {
  const { begun, run } = createHeldWork();
  const { jobs, send, runner } = openRunner(run);
  await send("a", "a");
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  await runner.close(1000);
  runner.wake();
  await settle();
  expect(begun).toHaveLength(1);
  expect(await jobs.listJobs("a")).toHaveLength(2);
  expect(await jobs.take({ skip: [], perTenant: 2 })).toMatchObject({ isDead: false });
});

test("a store that is away is asked again, and said so once", async () => {
  const { clock, jobs } = openRunner(async () => undefined);
  const logger = createRecordingLogger();
  let isAway = true;
  const store = {
    ...jobs,
    take: async () => (isAway ? Promise.reject(new Error("Away")) : undefined),
  };
  const none = { run: async () => undefined, giveUp: async () => undefined };
  const workers = {
    "ingest-document": none,
    "remove-vectors": none,
    "crawl-source": none,
  } as unknown as JobWorkers;
  runJobs({ jobs: store, workers, clock, logger });
  for (let n = 0; n < 3; n += 1) {
    await settle();
    clock.advance(2000);
  }
  isAway = false;
  await settle();
  clock.advance(2000);
  await settle();
  const texts = logger.lines.map(({ text }) => text);
  expect(texts).toEqual(["Jobs can't be taken at the moment", "Jobs can be taken again"]);
});
