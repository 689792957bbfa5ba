import { gunzipSync } from "node:zlib";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exampleQuery } from "../../api/graphql/examples.ts";
import { openBrowser, recordPage, type PageRecord } from "../support/browser.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { until } from "./client.ts";
import { listenPlatform, type Listening } from "./listen.ts";

let platform: Listening;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  platform = await listenPlatform({ tenants: [makeTenant("demo"), makeTenant("other")] });
});
afterEach(() => platform.close());

/** GraphiQL, as a person who opened the address sees it. */
async function openGraphiql(): Promise<{ page: Page; record: PageRecord; shown: Shown }> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const record = recordPage(page);
  await page.goto(platform.url);
  const editor = page.locator(".graphiql-query-editor .view-lines");
  await editor.getByText("tenant", { exact: false }).first().waitFor();
  const response = page.locator(".graphiql-response .view-lines");
  const read = async () => (await response.innerText()).replaceAll("\u00a0", " ");
  return {
    page,
    record,
    async shown(text) {
      await expect.poll(read, { timeout: 10_000 }).toContain(text);
      return read();
    },
  };
}

/** Waits until the pane of the results shows a text, and gives all that it shows. */
type Shown = (text: string) => Promise<string>;

const execute = (page: Page) => page.getByRole("button", { name: /^Execute query/ }).click();

/** Types an operation into a new tab. */
async function openTab(page: Page, query: string): Promise<void> {
  await page.getByRole("button", { name: "New tab" }).click();
  const editor = page.locator(".graphiql-query-editor .view-lines");
  await expect.poll(() => editor.innerText()).toMatch(/^\s*$/);
  await editor.click();
  await page.keyboard.type(query);
}

/** Replaces what stands in the pane below the query, as a person would. */
async function fillPane(page: Page, pane: "Variables" | "Headers", text: string): Promise<void> {
  await page.getByRole("button", { name: pane, exact: true }).click();
  const editor = page.locator(`.graphiql-editor-tool .graphiql-editor:not(.hidden)`);
  await editor.locator(".view-lines").click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
}

test("a query and a subscription run by clicks and typing, and nobody else is asked for anything", async () => {
  const { page, record, shown } = await openGraphiql();
  await execute(page);
  await shown('"name": "Tenant demo"');

  const [ask = "", follow = ""] =
    exampleQuery.match(/(?<=^# {3})(?:mutation|subscription) .+/gm) ?? [];
  await openTab(page, ask);
  await execute(page);
  const asked = await shown('"answer"');
  const [, chatId = ""] = /"chat": \{\s*"id": "(chat_\w+)"/.exec(asked) ?? [];
  const [, answerId = ""] = /"answer": \{\s*"id": "(msg_\w+)"/.exec(asked) ?? [];
  const script = await platform.answerer.nextTurn();

  await openTab(page, follow.replace("CHAT", chatId).replace("ANSWER", answerId));
  await execute(page);
  await shown('"__typename": "ResponseStart"');
  script.push("It answers ");
  await shown('"content": "It answers "');
  script.push("from documents.");
  await settle();
  platform.clock.advance(100);
  await shown('"content": "from documents."');
  script.finish();
  await shown('"__typename": "ResponseComplete"');

  await page.getByRole("button", { name: /^Stop query/ }).click();
  await until(() => platform.clock.timers === 0);
  expect([...record.origins]).toEqual([new URL(platform.url).origin]);
  expect(record.faults).toEqual([]);
  expect(await page.evaluate("JSON.stringify(localStorage)")).not.toContain("X-Tenant-ID");
  await page.close();
});

test("the tenant is the one in the header pane", async () => {
  const { page, record, shown } = await openGraphiql();
  await fillPane(page, "Headers", '{"X-Tenant-ID": "other"}');
  await execute(page);
  await shown('"name": "Tenant other"');
  await fillPane(page, "Headers", '{"X-Tenant-ID": "nobody"}');
  await execute(page);
  await shown("TENANT_NOT_FOUND");
  expect([...record.origins]).toEqual([new URL(platform.url).origin]);
  await page.close();
});

test("a page that knows the schema completes what is typed", async () => {
  const { page, record } = await openGraphiql();
  await openTab(page, "{ tena");
  await page.keyboard.press("Control+Space");
  await page.locator(".suggest-widget").getByText("tenant").first().waitFor();
  expect(record.faults).toEqual([]);
  await page.close();
});

describe("the page", () => {
  const html = { Accept: "text/html,application/xhtml+xml" };

  test("is for browsers alone, needs no tenant and counts as nothing", async () => {
    const { call, limiter } = platform;
    const response = await call("/graphql?query={x}", {
      headers: { ...html, "X-Tenant-ID": "no" },
    });
    expect([response.status, limiter.size]).toEqual([200, 0]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      vary: expect.stringContaining("Accept"),
    });
    const text = await response.text();
    expect(text).toMatch(/^\s*<!doctype html>/i);
    expect((await call("/graphql", { headers: { Accept: "*/*" } })).status).toBe(400);
  });

  test("allows its own script by its hash, and no other", async () => {
    const response = await platform.call("/graphql", { headers: html });
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]{43}=';/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
  });

  test("is sent compressed, once", async () => {
    const zipped = await platform.call("/graphql", {
      headers: { ...html, "Accept-Encoding": "gzip, br" },
    });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    const bytes = Buffer.from(await zipped.arrayBuffer());
    const plain = await (await platform.call("/graphql", { headers: html })).text();
    expect(gunzipSync(bytes).toString() === plain).toBe(true);
    const etag = zipped.headers.get("etag") ?? "";
    const again = await platform.call("/graphql", { headers: { ...html, "If-None-Match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await platform.call("/graphql", { method: "HEAD", headers: html });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});
