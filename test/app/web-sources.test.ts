import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startWebServer, type WebServer } from "../adapters/web/web-server.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { runMiptech } from "../support/miptech.ts";

let platform: Platform;
let site: WebServer;
/** What stands at each path: a page's text, or a status. */
let pages: Record<string, string | number>;

beforeAll(async () => {
  platform = await startPlatform({
    env: { ALLOW_PRIVATE_SOURCES: "true", SOURCE_PAUSE_MS: "0" },
  });
  site = await startWebServer(({ url = "", headers }, response) => {
    const found = pages[url] ?? 404;
    if (typeof found === "number") return void response.writeHead(found).end();
    const etag = `"${Buffer.from(found).toString("base64url").slice(-20)}"`;
    if (headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
    const type = url.endsWith(".xml") ? "application/xml" : "text/html";
    response.writeHead(200, { "content-type": type, etag }).end(found);
  });
});

afterAll(async () => {
  await platform?.close();
  await site?.close();
});

const sitemap = (...paths: string[]) =>
  `<urlset>${paths.map((path) => `<url><loc>${site.url}${path}</loc></url>`).join("")}</urlset>`;
const html = (title: string, text: string) =>
  `<html lang="en"><title>${title}</title><body><h1>${title}</h1><p>${text}</p></body></html>`;

async function call<Body>(tenantId: string, path: string, init: RequestInit = {}): Promise<Body> {
  const headers = {
    "Content-Type": "application/json",
    "X-Tenant-ID": tenantId,
    "X-Admin-Token": adminToken,
  };
  const response = await fetch(`${platform.url}/api/v1${path}`, { ...init, headers });
  expect(response.ok, `${path}: ${response.status}`).toBe(true);
  return (response.status === 204 ? undefined : await response.json()) as Body;
}
const post = (body: object = {}) => ({ method: "POST", body: JSON.stringify(body) });

interface Answer {
  readonly content: string;
  readonly sources: readonly { readonly url: string; readonly title: string }[];
}

async function ask(tenantId: string, content: string): Promise<Answer> {
  const { id } = await call<{ id: string }>(tenantId, "/chat", post());
  return (await call<{ reply: Answer }>(tenantId, `/chat/${id}/messages`, post({ content }))).reply;
}

interface Source {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string } | null;
  readonly pages: { readonly total: number; readonly failed: number };
  readonly last_fetch_at: string | null;
  readonly next_fetch_at: string | null;
}

interface Document {
  readonly source: string;
  readonly url: string;
  readonly ingestion: { readonly state: string };
}

const list = (tenantId: string) =>
  call<{ items: Document[] }>(tenantId, "/admin/documents").then(({ items }) => items);
const isOver = (state: string) => state === "complete" || state === "failed";

/** The source when it was read after `since`, and all its documents were taken in. */
async function readAfter(tenantId: string, id: string, since: string | null): Promise<Source> {
  return vi.waitFor(
    async () => {
      const source = await call<Source>(tenantId, `/admin/web-sources/${id}`);
      expect(isOver(source.status)).toBe(true);
      expect(source.last_fetch_at).not.toBe(since);
      const states = (await list(tenantId)).map(({ ingestion }) => ingestion.state);
      expect(states.every(isOver)).toBe(true);
      return source;
    },
    { timeout: 30_000, interval: 100 },
  );
}

const question = "How many days of holidays do employees have?";

test("a sitemap's pages are cited, follow their changes, and leave no trace when they have left", async () => {
  await insertTenant(platform, "site");
  pages = {
    "/sitemap.xml": sitemap("/holidays#top", "/parking", "/gone", "/private/x", "/big.png"),
    "/robots.txt": "User-agent: *\nDisallow: /private/",
    "/holidays": html("Holidays", "Employees have twenty-five days of holidays a year."),
    "/parking": html("Parking", "Employees park their bicycles in the cellar of the house."),
    "/private/x": html("Private", "Nobody is to read this."),
  };
  const url = `${site.url}/sitemap.xml`;
  const draft = { url, kind: "sitemap", every_hours: 24 };
  const { id } = await call<Source>("site", "/admin/web-sources", post(draft));
  const first = await readAfter("site", id, null);
  expect(first).toMatchObject({ status: "complete", error: null, pages: { total: 5, failed: 3 } });
  expect(new Date(first.next_fetch_at ?? 0).getTime()).toBeGreaterThan(Date.now() + 20 * 3_600_000);
  const wanted = [`${site.url}/holidays`, `${site.url}/parking`];
  expect((await list("site")).map(({ source }) => source)).toEqual(wanted);
  expect((await list("site")).map(({ url: shown }) => shown)).toEqual(wanted);
  expect(site.paths).not.toContain("/private/x");
  const detail = await call<{ failed_pages: { code: string }[] }>(
    "site",
    `/admin/web-sources/${id}`,
  );
  expect(detail.failed_pages.map(({ code }) => code)).toEqual([
    "HTTP_ERROR",
    "HTTP_ERROR",
    "ROBOTS_DISALLOWED",
  ]);
  const before = await ask("site", question);
  expect(before.content).toContain("twenty-five days");
  expect(before.sources[0]).toMatchObject({ url: wanted[0], title: "Holidays" });
  expect((await ask("site", "Where do employees park their bicycles?")).sources).toHaveLength(1);

  pages["/holidays"] = html("Holidays", "Employees have thirty days of holidays a year.");
  pages["/sitemap.xml"] = sitemap("/holidays");
  await call("site", `/admin/web-sources/${id}/refresh`, post());
  const second = await readAfter("site", id, first.last_fetch_at);
  expect(second).toMatchObject({ status: "complete", pages: { total: 1, failed: 0 } });
  const after = await ask("site", question);
  expect(after.content).toContain("thirty days");
  expect(JSON.stringify(after)).not.toContain("twenty-five");
  expect((await ask("site", "Where do employees park their bicycles?")).content).not.toContain(
    "cellar",
  );
  const stored = await platform.adminSql<{ text: string }>(
    "select string_agg(content, '\n') as text from tenant_site.passages",
  );
  expect(stored[0]?.text).toContain("thirty days");
  expect(stored[0]?.text).not.toMatch(/cellar|twenty-five/);

  // A sitemap that can't be read takes nothing away.
  pages["/sitemap.xml"] = sitemap("/holidays").slice(0, -9);
  await call("site", `/admin/web-sources/${id}/refresh`, post());
  await vi.waitFor(
    async () => {
      const source = await call<Source>("site", `/admin/web-sources/${id}`);
      expect(source).toMatchObject({ status: "failed", error: { code: "INVALID_SITEMAP" } });
    },
    { timeout: 20_000 },
  );
  expect((await list("site")).map(({ source }) => source)).toEqual([wanted[0]]);

  await call("site", `/admin/web-sources/${id}`, { method: "DELETE" });
  await vi.waitFor(async () => expect(await list("site")).toEqual([]), { timeout: 20_000 });
  await vi.waitFor(
    async () => {
      const rows = await platform.adminSql(
        `select 1 from tenant_site.web_sources union all select 1 from tenant_site.web_pages
         union all select 1 from pgboss.job where data->>'tenantId' = 'site' and data->>'kind' = 'crawl-source'`,
      );
      expect(rows).toEqual([]);
    },
    { timeout: 20_000 },
  );
}, 90_000);

test("a page is deleted when it is gone twice in a row, and is there again when it comes back", async () => {
  await insertTenant(platform, "page");
  pages = { "/about": html("About", "The company was founded in a garage.") };
  const draft = { url: `${site.url}/about` };
  const { id } = await call<Source>("page", "/admin/web-sources", post(draft));
  let { last_fetch_at: since } = await readAfter("page", id, null);
  const refresh = async () => {
    await call("page", `/admin/web-sources/${id}/refresh`, post());
    const source = await readAfter("page", id, since);
    since = source.last_fetch_at;
    return source;
  };
  expect(await refresh()).toMatchObject({ status: "complete", error: null });
  pages = { "/about": 410 };
  expect(await refresh()).toMatchObject({ status: "failed", error: { code: "HTTP_ERROR" } });
  expect(await list("page")).toHaveLength(1);
  await refresh();
  expect(await list("page")).toEqual([]);
  pages = { "/about": html("About", "The company was founded in a garage.") };
  expect(await refresh()).toMatchObject({ status: "complete" });
  expect(await list("page")).toHaveLength(1);
}, 90_000);

test("the command line adds, lists, refreshes and deletes", async () => {
  await insertTenant(platform, "line");
  pages = { "/sitemap.xml": sitemap("/a"), "/a": html("A", "A page of its own.") };
  const url = `${site.url}/sitemap.xml`;
  const run = (...args: string[]) =>
    runMiptech(["source", ...args, "--tenant", "line"], { url: platform.url });
  const added = await run("add", url, "--sitemap", "--every", "7d");
  expect([added.code, added.out]).toEqual([0, expect.stringContaining(`queued  ${url}`)]);
  await vi.waitFor(async () => expect((await run("list")).out).toContain("complete"), 20_000);
  expect((await run("list")).out).toMatch(/sitemap +168h +complete +1 \(0 failed\)/);
  expect((await run("refresh", url, "https://nowhere.example/")).out).toBe(
    `queued  ${url}\nmissing  https://nowhere.example/\n`,
  );
  expect((await run("delete", url, "--keep")).out).toBe(`deleted  ${url}\n`);
  expect(await list("line")).toHaveLength(1);
  expect((await run("add", url, "--every", "soon")).code).toBe(2);
}, 60_000);
