import { beforeEach, describe, expect, test } from "vitest";
import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createMemoryWebSources } from "../../../api/adapters/memory/web-sources.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { sitemapReader } from "../../../api/adapters/web/sitemap-reader.ts";
import { newId } from "../../../api/core/ids.ts";
import { createCrawlWorker } from "../../../api/core/web/crawl-source.ts";
import { createHostTurns } from "../../../api/core/web/host-turns.ts";
import { createRobots } from "../../../api/core/web/robots.ts";
import { WebFetchError, type WebFetcher } from "../../../api/core/web/web-fetcher.ts";
import type { NewWebSource } from "../../../api/core/web/web-source.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");
const site = "https://example.com";
const hour = 3_600_000;
/** What stands at each address: a text, a status, or what is thrown. */
let pages: Record<string, string | number | Error | { readonly to: string }>;
let asked: string[];
beforeEach(() => {
  pages = {};
  asked = [];
});

const sitemap = (...paths: string[]) =>
  `<urlset>${paths.map((path) => `<url><loc>${site}${path}</loc></url>`).join("")}</urlset>`;
const index = (...paths: string[]) =>
  `<sitemapindex>${paths.map((path) => `<sitemap><loc>${path}</loc></sitemap>`).join("")}</sitemapindex>`;

/** @param takesMs of each fetch. */
function open({ isActive = true, takesMs = 0 } = {}) {
  const clock = createManualClock();
  const jobs = createMemoryJobs({ clock });
  const documents = createMemoryDocuments(createTextAnalyzer(), { jobs });
  const sources = createMemoryWebSources({ jobs, clock });
  const fetcher: WebFetcher = {
    async fetch({ url: wanted, stopsAtRedirect }) {
      let url = wanted;
      const read = () => {
        const path = url.replace(site, "");
        asked.push(path);
        clock.advance(takesMs);
        return pages[path] ?? 404;
      };
      let found = read();
      const none = { etag: null, lastModified: null };
      while (typeof found === "object" && "to" in found) {
        const redirectsTo = found.to;
        if (stopsAtRedirect)
          return { url, redirectsTo, body: undefined, mediaType: undefined, ...none };
        url = redirectsTo;
        found = read();
      }
      if (found instanceof Error) throw found;
      if (typeof found === "number")
        throw new WebFetchError("HTTP_ERROR", `It answers with ${found}`, { status: found });
      return { url, body: Buffer.from(found), mediaType: "text/plain", ...none };
    },
  };
  const turns = createHostTurns(clock, 0);
  const worker = createCrawlWorker({
    tenants: { findTenantInAnyState: async () => ({ tenant, isActive }) },
    sources,
    documents,
    ingestions: documents,
    jobs,
    fetcher,
    turns,
    robots: createRobots({ fetcher, turns, clock }),
    sitemaps: sitemapReader,
    addresses: { ports: [443], isAllowed: () => false },
    maxDocumentBytes: 1000,
    clock,
    logger: createRecordingLogger(),
    random: () => 0.5,
  });
  /** Does the jobs that are due; those of documents are left. */
  async function work(): Promise<void> {
    for (;;) {
      const job = await jobs.take({ skip: [], perTenant: 10 });
      if (!job) return;
      if (job.kind === "crawl-source") await worker.run(job, new AbortController().signal);
      await jobs.finish(job);
    }
  }
  async function add(fields: Partial<NewWebSource> = {}): Promise<string> {
    const settings = { everyHours: 24, maxPages: 100, include: [], exclude: [] };
    const [id, createdAt] = [newId("web"), new Date(clock.now())];
    const source = { id, url: `${site}/sitemap.xml`, kind: "sitemap" as const, createdAt };
    await sources.addWebSource(tenant, { ...source, ...settings, ...fields });
    await work();
    return id;
  }
  const list = async () =>
    (await documents.listDocuments(tenant)).map(({ source }) => source.replace(site, ""));
  const find = async (id: string) =>
    (await sources.findWebSource(tenant, id)) ?? expect.unreachable();
  const jobsLeft = async () =>
    (await jobs.listJobs(tenant.id)).filter(({ kind }) => kind === "crawl-source").length;
  return { clock, jobs, documents, sources, worker, work, add, list, find, jobsLeft };
}

describe("a sitemap", () => {
  test("whose files are slow is given two minutes, and then no page of it is taken for gone", async () => {
    const files = Array.from({ length: 20 }, (_, n) => `${site}/${n}.xml`);
    pages = { "/sitemap.xml": index(...files), "/a": "A" };
    for (const file of files) pages[file.replace(site, "")] = sitemap("/a");
    const { add, find, list } = open({ takesMs: 30_000 });
    const id = await add();
    expect(asked.filter((path) => path.endsWith(".xml"))).toHaveLength(4);
    expect(await find(id)).toMatchObject({
      state: "failed",
      error: { code: "FETCH_TIMEOUT" },
      pages: { total: 1, failed: 0 },
    });
    expect(await list()).toEqual(["/a"]);
  });

  test("is read with the files of its index, on its own host, by its settings, and again in time", async () => {
    pages = {
      "/sitemap.xml": index(`${site}/one.xml`, `${site}/two.xml`, `${site}/sitemap.xml`),
      "/one.xml": sitemap("/docs/a", "/docs/private/b", "/blog/c", "/docs/a#again"),
      "/two.xml": sitemap("/docs/d", "/docs/e").replace(
        `${site}/docs/e`,
        "https://other.com/docs/e",
      ),
      "/docs/a": "A",
      "/docs/d": "D",
    };
    const { add, list, find, clock, work } = open();
    const id = await add({ include: ["/docs/"], exclude: ["/docs/private/"] });
    expect(await list()).toEqual(["/docs/a", "/docs/d"]);
    const source = await find(id);
    expect(source).toMatchObject({
      state: "complete",
      error: null,
      pages: { total: 2, failed: 0 },
    });
    expect(source.nextFetchAt?.getTime()).toBe(clock.now() + 24 * hour);
    pages["/two.xml"] = sitemap("/docs/f");
    pages["/docs/f"] = "F";
    clock.advance(24 * hour - 1);
    await work();
    expect(await list()).toEqual(["/docs/a", "/docs/d"]);
    clock.advance(1);
    await work();
    expect(await list()).toEqual(["/docs/a", "/docs/f"]);
  });

  test("that lacks a part takes nothing away, and brings what it has", async () => {
    pages = {
      "/sitemap.xml": index(`${site}/one.xml`, `${site}/two.xml`),
      "/one.xml": sitemap("/a"),
      "/two.xml": sitemap("/b"),
      "/a": "A",
      "/b": "B",
      "/c": "C",
    };
    const { add, list, find, sources, clock, work } = open();
    const id = await add();
    for (const broken of [500, sitemap("/b").slice(0, -9)]) {
      pages["/one.xml"] = sitemap("/a", "/c");
      pages["/two.xml"] = broken;
      await sources.refreshWebSource(tenant, id, new Date(clock.now()));
      await work();
      expect(await list()).toEqual(["/a", "/b", "/c"]);
      expect(await find(id)).toMatchObject({
        state: "failed",
        error: { code: expect.any(String) },
      });
    }
    pages["/sitemap.xml"] = sitemap();
    await sources.refreshWebSource(tenant, id, new Date(clock.now()));
    await work();
    expect(await list()).toHaveLength(3);
    expect(await find(id)).toMatchObject({ error: { code: "INVALID_SITEMAP" } });
  });

  test("gives no more pages than it may", async () => {
    pages = { "/sitemap.xml": sitemap("/a", "/b", "/c"), "/a": "A", "/b": "B", "/c": "C" };
    const { add, list } = open();
    await add({ maxPages: 2 });
    expect(await list()).toEqual(["/a", "/b"]);
  });
});

describe("a page", () => {
  const page = { url: `${site}/a`, kind: "page" as const };

  test("whose host is away is tried three times in a read, and its document stays", async () => {
    pages = { "/a": "A" };
    const { add, list, find, clock, work } = open();
    const id = await add(page);
    pages = { "/a": 503, "/robots.txt": "" };
    asked = [];
    for (let round = 0; round < 3; round += 1) {
      clock.advance(25 * hour);
      await work();
      for (let minute = 0; minute < 5; minute += 1) {
        clock.advance(60_000);
        await work();
      }
      expect(asked.filter((path) => path === "/a")).toHaveLength(3 * (round + 1));
      expect(await find(id)).toMatchObject({ state: "failed", error: { code: "HTTP_ERROR" } });
      expect(await list()).toEqual(["/a"]);
    }
  });

  test("that redirects is read as the robots.txt of each host on the way allows", async () => {
    const other = "https://other.com";
    pages = {
      "/a": { to: `${other}/moved` },
      [`${other}/moved`]: { to: `${other}/private/b` },
      [`${other}/private/b`]: "B",
      [`${other}/robots.txt`]: "User-agent: *\nDisallow: /private/",
    };
    const { add, list, find, sources, clock, work } = open();
    const id = await add(page);
    const faults = await sources.listPageFaults(tenant, id, 5);
    expect(faults).toMatchObject([{ code: "ROBOTS_DISALLOWED" }]);
    expect(await list()).toEqual([]);
    expect(asked).toContain(`${other}/moved`);
    expect(asked).not.toContain(`${other}/private/b`);
    pages[`${other}/moved`] = { to: `${site}/c` };
    pages["/c"] = "C";
    clock.advance(25 * hour);
    await work();
    expect(await list()).toEqual(["/a"]);
    expect(await find(id)).toMatchObject({ state: "complete" });
    pages["/c"] = { to: `${site}/a` };
    clock.advance(25 * hour);
    await work();
    const again = await sources.listPageFaults(tenant, id, 5);
    expect(again).toMatchObject([{ code: "REDIRECT_REFUSED" }]);
    pages["/a"] = { to: "ftp://other.com/a" };
    clock.advance(25 * hour);
    await work();
    const last = await sources.listPageFaults(tenant, id, 5);
    expect(last).toMatchObject([{ code: "ADDRESS_NOT_ALLOWED" }]);
  });

  test("that is gone is deleted behind its second such answer in a row", async () => {
    pages = { "/a": "A" };
    const { add, list, clock, work } = open();
    await add(page);
    const statuses = [404, "A", 410, 404] as const;
    const left: number[] = [];
    for (const status of statuses) {
      pages = { "/a": status };
      clock.advance(25 * hour);
      await work();
      left.push((await list()).length);
    }
    expect(left).toEqual([1, 1, 1, 0]);
  });

  test("of a host whose robots.txt can't be had is left alone", async () => {
    pages = { "/a": "A", "/robots.txt": new WebFetchError("FETCH_TIMEOUT", "Silent") };
    const { add, list } = open();
    await add(page);
    expect(asked).not.toContain("/a");
    expect(await list()).toEqual([]);
  });

  test("that two sources have stays until both are deleted, and nothing is left then", async () => {
    pages = { "/a": "A", "/sitemap.xml": sitemap("/a") };
    const { add, list, sources, clock, work, jobsLeft } = open();
    const ids = [await add(page), await add()];
    expect(await jobsLeft()).toBe(2);
    const counts: number[] = [];
    for (const id of ids) {
      await sources.removeWebSource(tenant, id, false, new Date(clock.now()));
      await work();
      counts.push((await list()).length, await jobsLeft());
      expect(await sources.claimWebSource(tenant, id, "any", 1)).toBeUndefined();
    }
    expect(counts).toEqual([1, 1, 0, 0]);
  });

  test("of a suspended tenant isn't fetched", async () => {
    pages = { "/a": "A" };
    const { add, list, jobsLeft } = open({ isActive: false });
    await add(page);
    expect([asked, await list(), await jobsLeft()]).toEqual([[], [], 1]);
  });
});

test("a job that was killed anywhere is begun again, and ends as if nothing had been", async () => {
  const paths = Array.from({ length: 5 }, (_, n) => `/${n}`);
  for (let steps = 1; steps < 40; steps += 3) {
    pages = Object.fromEntries(paths.map((path) => [path, `Page ${path}`]));
    pages["/sitemap.xml"] = sitemap(...paths);
    const { worker, sources, jobs, work, list, find, clock } = open();
    // Each step of the store after the last one is never answered, as for a process that died.
    let left = steps;
    const died = new Error("Killed");
    for (const [name, method] of Object.entries(sources))
      Object.assign(sources, {
        [name]: (...args: never[]) => {
          left -= 1;
          if (left < 0 && left > -5) return Promise.reject(died);
          return (method as (...given: never[]) => unknown)(...args);
        },
      });
    const settings = { everyHours: null, maxPages: 10, include: [], exclude: [] };
    const [id, createdAt] = [newId("web"), new Date(clock.now())];
    const url = `${site}/sitemap.xml`;
    left = 1000;
    await sources.addWebSource(tenant, { id, url, kind: "sitemap", createdAt, ...settings });
    left = steps;
    const job = (await jobs.take({ skip: [], perTenant: 1 })) ?? expect.unreachable();
    if (job.kind !== "crawl-source") return expect.unreachable();
    const isKilled = await worker.run(job, new AbortController().signal).then(
      () => false,
      (error: unknown) => error === died,
    );
    left = 1000;
    if (isKilled) await jobs.release(job);
    else await jobs.finish(job);
    await work();
    expect(await list(), `killed behind ${steps} steps`).toEqual(paths);
    expect(await find(id)).toMatchObject({ state: "complete", pages: { total: 5, failed: 0 } });
  }
});

test("two jobs of one source never read it at once", async () => {
  pages = { "/a": "A" };
  const { add, sources, worker, jobs, clock } = open();
  const id = await add({ url: `${site}/a`, kind: "page" });
  await sources.refreshWebSource(tenant, id, new Date(clock.now()));
  const job = (await jobs.take({ skip: ["none"], perTenant: 9 })) ?? expect.unreachable();
  await sources.claimWebSource(tenant, id, "another", 60_000);
  asked = [];
  const crawl = job.kind === "crawl-source" ? job : expect.unreachable();
  await worker.run(crawl, new AbortController().signal);
  expect(asked).toEqual([]);
  expect(await jobs.listJobs(tenant.id)).toContainEqual(
    expect.objectContaining({ kind: "crawl-source" }),
  );
});
