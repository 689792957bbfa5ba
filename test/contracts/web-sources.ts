import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { JobStore } from "../../api/core/jobs/job-store.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import {
  maxWebSources,
  type NewWebSource,
  type PageOutcome,
  type WebSourceStore,
} from "../../api/core/web/web-source.ts";

export interface WebSourcesHarness {
  readonly sources: WebSourceStore;
  readonly jobs: JobStore;
  readonly tenant: Tenant;
  readonly otherTenant: Tenant;
  readonly fullTenant: Tenant;
  close(): Promise<void>;
}

const now = new Date("2026-11-23T10:00:00.000Z");
const later = new Date(now.getTime() + 3_600_000);
const leaseMs = 60_000;

export function makeSource(fields: Partial<NewWebSource> = {}): NewWebSource {
  const id = newId("web");
  const url = `https://example.com/${id}`;
  const settings = { everyHours: 24, maxPages: 10, include: ["/a,b/", '/"c\\'], exclude: [] };
  return { id, url, kind: "sitemap", ...settings, createdAt: now, ...fields };
}

const done: PageOutcome = {
  state: "done",
  error: null,
  isGone: false,
  tries: 0,
  goneCount: 0,
  etag: '"1"',
  lastModified: "then",
  dueAt: now,
};
const fault = { code: "HTTP_ERROR", message: "It answers with the status 404" };
const failed: PageOutcome = { ...done, state: "failed", error: fault, goneCount: 1 };

/** What every WebSourceStore guarantees. */
export function webSourcesContract(name: string, open: () => Promise<WebSourcesHarness>): void {
  describe(`${name}: web sources`, () => {
    let harness: WebSourcesHarness;
    let sources: WebSourceStore;
    let tenant: Tenant;
    beforeAll(async () => {
      harness = await open();
      ({ sources, tenant } = harness);
    });
    afterAll(() => harness.close());

    const add = (fields: Partial<NewWebSource> = {}) =>
      sources.addWebSource(tenant, makeSource(fields));
    const jobsOf = async (id: string) =>
      (await harness.jobs.listJobs(tenant.id)).filter(
        ({ data }) => "webSourceId" in data && data.webSourceId === id,
      );
    const listing = (...urls: string[]) => ({ urls, isComplete: true, error: null });
    /** Added, claimed and begun with these pages. */
    async function begin(...urls: string[]) {
      const { id } = await add();
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      expect(await sources.beginRead(tenant, id, "one", listing(...urls), now)).toBe(true);
      return id;
    }
    const find = async (id: string) =>
      (await sources.findWebSource(tenant, id)) ?? expect.unreachable();

    it("are stored as they were added, with a job, in their tenant alone", async () => {
      const source = makeSource();
      const added = await sources.addWebSource(tenant, source);
      const begun = { state: "queued", error: null, fetchedAt: null, nextFetchAt: now };
      const pages = { total: 0, waiting: 0, failed: 0 };
      expect(added).toEqual({ ...source, ...begun, pages });
      expect(await find(source.id)).toEqual(added);
      expect(await sources.findWebSource(harness.otherTenant, source.id)).toBeUndefined();
      expect(await jobsOf(source.id)).toEqual([
        { kind: "crawl-source", tenantId: tenant.id, data: { webSourceId: source.id } },
      ]);
    });

    it("are each there once, at most so many of a tenant, and in pages", async () => {
      const { fullTenant } = harness;
      const first = makeSource();
      await sources.addWebSource(fullTenant, first);
      const again = sources.addWebSource(fullTenant, makeSource({ url: first.url }));
      await expect(again).rejects.toMatchObject({ code: "WEB_SOURCE_EXISTS" });
      for (let count = 1; count < maxWebSources; count += 1)
        await sources.addWebSource(fullTenant, makeSource());
      const more = sources.addWebSource(fullTenant, makeSource());
      await expect(more).rejects.toMatchObject({ code: "WEB_SOURCE_LIMIT_REACHED" });
      const page = await sources.pageWebSources(fullTenant, { limit: 60 });
      const after = page.next ?? expect.unreachable();
      const rest = await sources.pageWebSources(fullTenant, { limit: 60, after });
      const ids = [...page.items, ...rest.items].map(({ id }) => id);
      expect([ids.length, new Set(ids).size, rest.next, ids[0]]).toEqual([
        100,
        100,
        null,
        first.id,
      ]);
    });

    it("are held by one job at a time, and by another when the time is up", async () => {
      const { id } = await add();
      expect(await sources.claimWebSource(tenant, id, "one", leaseMs)).toMatchObject({
        id,
        tries: 0,
      });
      expect(await sources.claimWebSource(tenant, id, "one", leaseMs)).toMatchObject({ id });
      expect(await sources.claimWebSource(tenant, id, "two", leaseMs)).toBe("busy");
      expect(await sources.beginRead(tenant, id, "two", listing("a"), now)).toBe(false);
      await sources.claimWebSource(tenant, id, "one", -1000);
      expect(await sources.claimWebSource(tenant, id, "two", leaseMs)).toMatchObject({ id });
      expect(await sources.holdPage(tenant, id, "one", "a", leaseMs)).toBe(false);
      expect(await sources.claimWebSource(tenant, newId("web"), "one", leaseMs)).toBeUndefined();
    });

    it("give their pages one after another, and keep what became of each", async () => {
      const id = await begin("b", "a");
      const page = { url: "b", dueAt: now, isLeaving: false, isPut: false, tries: 0, goneCount: 0 };
      const next = () => sources.nextPage(tenant, id);
      expect(await next()).toEqual({ ...page, etag: null, lastModified: null });
      expect(await sources.holdPage(tenant, id, "one", "b", leaseMs)).toBe(true);
      expect(await next()).toMatchObject({ url: "b", isPut: true });
      await sources.savePage(tenant, id, "b", done);
      await sources.savePage(tenant, id, "a", {
        ...failed,
        state: "waiting",
        tries: 1,
        dueAt: later,
      });
      expect(await next()).toMatchObject({ url: "a", tries: 1, dueAt: later });
      await sources.savePage(tenant, id, "a", failed);
      expect(await next()).toBeUndefined();
      expect(await sources.listPageFaults(tenant, id, 5)).toEqual([{ url: "a", ...fault }]);
      expect(await find(id)).toMatchObject({
        state: "reading",
        pages: { total: 2, waiting: 0, failed: 1 },
      });
      expect(await sources.beginRead(tenant, id, "one", listing("b", "a"), later)).toBe(true);
      expect(await next()).toMatchObject({
        ...page,
        isPut: true,
        etag: '"1"',
        lastModified: "then",
        dueAt: later,
      });
    });

    it("let pages go that a complete read doesn't list, and none behind a partial one", async () => {
      const id = await begin("a", "b");
      for (const url of ["a", "b"]) await sources.savePage(tenant, id, url, done);
      const error = { code: "HTTP_ERROR", message: "A part" };
      await sources.beginRead(tenant, id, "one", { urls: [], isComplete: false, error }, now);
      expect(await sources.nextPage(tenant, id)).toBeUndefined();
      expect(await find(id)).toMatchObject({ error, pages: { total: 2 } });
      await sources.beginRead(tenant, id, "one", listing("b"), now);
      const first = await sources.nextPage(tenant, id);
      const leaving = first?.url === "a" ? first : undefined;
      await sources.savePage(tenant, id, "b", done);
      expect(leaving ?? (await sources.nextPage(tenant, id))).toMatchObject({
        url: "a",
        isLeaving: true,
      });
      expect(await sources.holdPage(tenant, id, "one", "a", leaseMs)).toBe(false);
      await sources.removePage(tenant, id, "a");
      expect(await sources.nextPage(tenant, id)).toBeUndefined();
      expect((await find(id)).pages.total).toBe(1);
    });

    it("tell whether another one has a page's document too", async () => {
      const [one, two] = [await begin("shared"), await begin("shared")];
      expect(await sources.isPageShared(tenant, one, "shared")).toBe(false);
      await sources.holdPage(tenant, two, "one", "shared", leaseMs);
      expect(await sources.isPageShared(tenant, one, "shared")).toBe(true);
      expect(await sources.isPageShared(tenant, two, "shared")).toBe(false);
      await sources.savePage(tenant, two, "shared", { ...failed, isGone: true });
      expect(await sources.isPageShared(tenant, one, "shared")).toBe(false);
    });

    it("are given back with their next moment, at which the one job waits", async () => {
      const id = await begin("a");
      const outcome = {
        state: "complete",
        error: null,
        tries: 0,
        fetchedAt: now,
        dueAt: later,
      } as const;
      await sources.releaseWebSource(tenant, id, "two", outcome, now);
      expect(await find(id)).toMatchObject({ state: "reading" });
      await sources.releaseWebSource(tenant, id, "one", outcome, now);
      expect(await find(id)).toMatchObject({
        state: "complete",
        fetchedAt: now,
        nextFetchAt: later,
      });
      expect(await jobsOf(id)).toHaveLength(1);
      expect(await sources.claimWebSource(tenant, id, "two", leaseMs)).toMatchObject({ id });
    });

    it("are read at once when that is asked for, and once more behind a read under way", async () => {
      const id = await begin("a");
      expect(await sources.refreshWebSource(tenant, id, now)).toMatchObject({ state: "reading" });
      const outcome = {
        state: "complete",
        error: null,
        tries: 0,
        fetchedAt: now,
        dueAt: null,
      } as const;
      await sources.releaseWebSource(
        tenant,
        id,
        "one",
        { tries: 0, state: "reading", dueAt: later },
        now,
      );
      expect(await find(id)).toMatchObject({ state: "reading", nextFetchAt: later });
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      await sources.releaseWebSource(tenant, id, "one", outcome, now);
      expect(await find(id)).toMatchObject({ state: "queued", nextFetchAt: now });
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      await sources.releaseWebSource(tenant, id, "one", outcome, now);
      expect(await find(id)).toMatchObject({ state: "complete", nextFetchAt: null });
      expect(await sources.refreshWebSource(tenant, id, later)).toMatchObject({
        state: "queued",
        nextFetchAt: later,
      });
      expect(await sources.refreshWebSource(tenant, newId("web"), now)).toBeUndefined();
    });

    it("are changed, and read at the new moment unless a read is due", async () => {
      const settings = { everyHours: null, maxPages: 3, include: [], exclude: ["/x"] };
      const { id } = await add();
      const first = await sources.changeWebSource(tenant, id, settings, later, now);
      expect(first).toMatchObject({ ...settings, state: "queued", nextFetchAt: now });
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      const failure = { state: "failed", error: fault, tries: 0, dueAt: null } as const;
      await sources.releaseWebSource(tenant, id, "one", failure, now);
      const second = await sources.changeWebSource(tenant, id, settings, later, now);
      expect(second).toMatchObject({ state: "failed", error: fault, nextFetchAt: later });
    });

    it("whose hours were changed while they were read are read next by the new ones", async () => {
      const settings = { maxPages: 3, include: [], exclude: [] };
      const outcome = { state: "complete", error: null, tries: 0, dueAt: later } as const;
      const soon = new Date(now.getTime() + 2 * 3_600_000);
      for (const [everyHours, expected] of [
        [2, soon],
        [null, null],
        [24, later],
      ] as const) {
        const id = await begin("a");
        await sources.changeWebSource(tenant, id, { ...settings, everyHours }, soon, now);
        await sources.releaseWebSource(tenant, id, "one", { ...outcome, everyHours: 24 }, now);
        expect((await find(id)).nextFetchAt).toEqual(expected);
      }
    });

    it("keep a moment of which the job that gives them back says nothing", async () => {
      const { id } = await add({ createdAt: later });
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      await sources.releaseWebSource(tenant, id, "one", { tries: 0 }, now);
      expect(await find(id)).toMatchObject({ state: "queued", nextFetchAt: later });
    });

    it("that are asked for while a job finds out their pages are read at once when that fails", async () => {
      const { id } = await add();
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      await sources.refreshWebSource(tenant, id, now);
      const failure = { state: "failed", error: fault, tries: 0, dueAt: later } as const;
      await sources.releaseWebSource(tenant, id, "one", failure, now);
      expect(await find(id)).toMatchObject({ state: "queued", nextFetchAt: now });
      await sources.claimWebSource(tenant, id, "one", leaseMs);
      await sources.releaseWebSource(tenant, id, "one", failure, now);
      expect(await find(id)).toMatchObject({ state: "failed", nextFetchAt: later });
    });

    it("that are removed are shown to nobody, and their job finds all pages leaving", async () => {
      const id = await begin("a");
      await sources.savePage(tenant, id, "a", done);
      expect(await sources.removeWebSource(tenant, id, false, now)).toBe(true);
      expect(await sources.findWebSource(tenant, id)).toBeUndefined();
      expect(await sources.removeWebSource(tenant, id, false, now)).toBe(false);
      expect(await jobsOf(id)).toHaveLength(1);
      expect(await sources.claimWebSource(tenant, id, "one", leaseMs)).toMatchObject({
        isLeaving: true,
      });
      expect(await sources.nextPage(tenant, id)).toMatchObject({ url: "a", isLeaving: true });
      await sources.dropWebSource(tenant, id, "two");
      expect(await sources.nextPage(tenant, id)).toBeDefined();
      await sources.dropWebSource(tenant, id, "one");
      expect(await sources.claimWebSource(tenant, id, "one", leaseMs)).toBeUndefined();
      expect(await sources.nextPage(tenant, id)).toBeUndefined();
    });

    it("that are removed without their documents are gone at once", async () => {
      const id = await begin("a");
      expect(await sources.removeWebSource(tenant, id, true, now)).toBe(true);
      expect(await sources.claimWebSource(tenant, id, "one", leaseMs)).toBeUndefined();
    });
  });
}
