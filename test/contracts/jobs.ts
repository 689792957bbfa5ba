import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { JobStore, TakenJob } from "../../api/core/jobs/job-store.ts";
import { documentOf, type JobsHarness, makeJob, type OpenJobs } from "./jobs-fixtures.ts";

const attempts = 3;

/** What every JobStore guarantees. */
export function jobsContract(name: string, open: OpenJobs): void {
  describe(`${name}: jobs`, () => {
    let harness: JobsHarness;
    let jobs: JobStore;
    beforeAll(async () => {
      harness = await open({ attempts });
      jobs = harness.jobs;
    });
    afterAll(() => harness.close());

    const take = (skip: readonly string[] = [], perTenant = 10) => jobs.take({ skip, perTenant });
    const takeOne = async (): Promise<TakenJob> => (await take()) ?? expect.unreachable();
    /** Nothing is left over for the next test. */
    const drain = async () => {
      for (let job = await take(); job; job = await take()) await jobs.finish(job);
    };

    it("are taken once, the oldest first, as they were sent", async () => {
      const sent = [makeJob("one"), makeJob("two"), makeJob("one")];
      for (const job of sent) await jobs.send([job]);
      const taken = [await takeOne(), await takeOne(), await takeOne()];
      expect(taken).toEqual(
        sent.map((job) => ({ ...job, id: expect.any(String), attempt: 1, isDead: false })),
      );
      expect(await take()).toBeUndefined();
      for (const job of taken) await jobs.finish(job);
      expect(await jobs.listJobs("one")).toEqual([]);
      expect(await take()).toBeUndefined();
    });

    it("are each taken by one of many who take at once", async () => {
      await jobs.send(Array.from({ length: 20 }, () => makeJob()));
      const taken = await Promise.all(Array.from({ length: 30 }, () => take([], 100)));
      const ids = taken.flatMap((job) => job?.id ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      for (const job of taken) if (job) await jobs.finish(job);
      await drain();
      expect(await jobs.listJobs("demo")).toEqual([]);
    });

    it("of tenants that are passed over, or have enough under way, are left", async () => {
      await jobs.send([makeJob("busy"), makeJob("busy"), makeJob("busy"), makeJob("other")]);
      const first = (await take(["other"], 2)) ?? expect.unreachable();
      const second = (await take(["other"], 2)) ?? expect.unreachable();
      expect([first.tenantId, second.tenantId]).toEqual(["busy", "busy"]);
      expect(await take(["other"], 2)).toBeUndefined();
      const third = (await take([], 2)) ?? expect.unreachable();
      expect(third.tenantId).toBe("other");
      for (const job of [first, second, third]) await jobs.finish(job);
      await drain();
    });

    it("that fail are tried again, and are dead behind the last attempt, which is told once", async () => {
      const sent = makeJob();
      await jobs.send([sent]);
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const job = await takeOne();
        expect(job).toMatchObject({ attempt, isDead: false, data: sent.data });
        await jobs.fail(job);
      }
      const dead = await takeOne();
      expect(dead).toMatchObject({ isDead: true, kind: sent.kind, data: sent.data });
      await jobs.finish(dead);
      expect(await take()).toBeUndefined();
    });

    it("that are given back are due at once", async () => {
      await jobs.send([makeJob()]);
      const first = await takeOne();
      await jobs.release(first);
      const second = await takeOne();
      expect(second).toMatchObject({ id: first.id, isDead: false });
      await jobs.finish(second);
    });

    it("that are given back were none of the attempts, however often", async () => {
      await jobs.send([makeJob()]);
      const outcomes: boolean[] = [];
      for (let n = 0; n < attempts; n += 1) {
        for (let m = 0; m < 2; m += 1) await jobs.release(await takeOne());
        const job = await takeOne();
        outcomes.push(job.isDead);
        await jobs.fail(job);
      }
      expect(outcomes).toEqual(Array.from({ length: attempts }, () => false));
      const dead = await takeOne();
      expect(dead.isDead).toBe(true);
      await jobs.finish(dead);
      expect(await jobs.listJobs("demo")).toEqual([]);
    });

    it("that crawl are taken where that is wanted, before others or behind them, and one of each tenant", async () => {
      const crawl = (tenantId: string) =>
        makeJob(tenantId, { kind: "crawl-source", data: { webSourceId: newId("web") } });
      await jobs.send([crawl("one"), crawl("one"), crawl("two"), makeJob("one")]);
      const takeAs = (crawls: "none" | "first" | "last") =>
        jobs.take({ skip: [], perTenant: 10, crawls });
      const taken: (TakenJob | undefined)[] = [];
      for (const crawls of ["first", "last", "none", "last", "last"] as const)
        taken.push(await takeAs(crawls));
      const found = taken.map((job) => job && `${job.kind} ${job.tenantId}`);
      expect(found).toEqual([
        "crawl-source one",
        "ingest-document one",
        undefined,
        "crawl-source two",
        undefined,
      ]);
      for (const job of taken) if (job) await jobs.finish(job);
      await drain();
      expect([...(await jobs.listJobs("one")), ...(await jobs.listJobs("two"))]).toEqual([]);
    });

    it("aren't touched by who has lost them", async () => {
      await jobs.send([makeJob()]);
      const lost = await takeOne();
      expect(await jobs.keep(lost)).toBe(true);
      await jobs.release(lost);
      const held = await takeOne();
      expect(await jobs.keep(lost)).toBe(false);
      await jobs.finish(lost);
      await jobs.fail(lost);
      await jobs.release(lost);
      expect(await jobs.keep(held)).toBe(true);
      expect(await take()).toBeUndefined();
      await jobs.finish(held);
      expect(await jobs.keep(held)).toBe(false);
    });

    it("with a delay are due when it is over", async () => {
      await jobs.send([makeJob("late", { delayMs: 60_000 })]);
      expect(await take()).toBeUndefined();
      expect(await jobs.listJobs("late")).toHaveLength(1);
      await jobs.removeJobs("late");
      await jobs.send([makeJob("soon", { delayMs: 1 })]);
      await harness.pass(1);
      await jobs.finish(await takeOne());
    });

    it("of one key wait once, as the last was sent; those of other tenants and keys beside it", async () => {
      const key = "source/7";
      await jobs.send([makeJob("demo", { key, delayMs: 60_000 })]);
      const last = makeJob("demo", { key });
      await jobs.send([makeJob("other", { key }), makeJob("demo", { key: "source/8" }), last]);
      const left = await jobs.listJobs("demo");
      expect(left).toHaveLength(2);
      expect(left.map(({ data }) => data)).toContainEqual(last.data);
      expect(await jobs.listJobs("other")).toHaveLength(1);
      await drain();
      expect(await jobs.listJobs("demo")).toEqual([]);
    });

    it("of a tenant or a document are deleted, whatever their state, and no others", async () => {
      const [mine, also, theirs] = [makeJob("mine"), makeJob("mine"), makeJob("theirs")];
      await jobs.send([mine]);
      const taken = await takeOne();
      await jobs.send([also, theirs, makeJob("mine", { delayMs: 60_000 })]);
      expect(await jobs.listJobs("mine")).toHaveLength(3);
      await jobs.send([{ kind: "erase", tenantId: "theirs", data: { erasureId: "era_1" } }]);
      expect([await jobs.countJobs("mine"), await jobs.countJobs("theirs")]).toEqual([3, 1]);
      expect(await jobs.countJobs("mine", documentOf(also))).toBe(1);
      expect(await jobs.removeJobs("mine", documentOf(also))).toBe(1);
      expect(await jobs.removeJobs("theirs", documentOf(mine))).toBe(0);
      expect(await jobs.listJobs("mine")).toHaveLength(2);
      expect(await jobs.removeJobs("mine")).toBe(2);
      expect(await jobs.listJobs("mine")).toEqual([]);
      expect(await jobs.keep(taken)).toBe(false);
      expect(await jobs.listJobs("theirs")).toEqual([
        { kind: theirs.kind, tenantId: "theirs", data: theirs.data },
        { kind: "erase", tenantId: "theirs", data: { erasureId: "era_1" } },
      ]);
      await drain();
    });
  });
}
