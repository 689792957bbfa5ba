import type { Server } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { ingestDocs, seedTenants } from "../../scripts/knowledge.ts";
import { createSite } from "../../scripts/site.ts";
import { openBrowser, recordPage } from "../support/browser.ts";
import { startPlatform, type Platform } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");
let platform: Platform;
let site: Server;
let browser: Browser;
let siteUrl: string;

beforeAll(async () => {
  await buildElement(root);
  platform = await startPlatform({ env: { EXTRACTIVE_PACE_MS: "20" } });
  await seedTenants(root, platform.database.url);
  await ingestDocs(root, platform.app);
  site = createSite(join(root, "element/host"), platform.url);
  await listen(site, 0, "127.0.0.1", "SITE_PORT");
  siteUrl = `http://127.0.0.1:${portOf(site)}`;
  await platform.sql(
    `update tenants set settings = jsonb_set(settings, '{allowed_origins}', to_jsonb(array[$1::text]))`,
    [siteUrl],
  );
  await vi.waitUntil(async () => (await platform.app.tenants.allowedOrigins()).has(siteUrl));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  if (site) await closeServer(site);
  await platform?.close();
});

async function openChat(): Promise<{ page: Page; record: ReturnType<typeof recordPage> }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const record = recordPage(page);
  await page.goto(siteUrl);
  await page.locator("miptech-chat [part~=launcher]").click();
  return { page, record };
}

async function ask(page: Page, question: string): Promise<void> {
  const input = page.locator("miptech-chat textarea");
  await input.fill(question);
  await input.press("Enter");
}

test("the host page answers a question about the platform with sources, under a strict policy", async () => {
  const { page, record } = await openChat();
  await ask(page, "How do I embed the widget?");
  const chat = page.locator("miptech-chat");
  await chat.getByText("Sources", { exact: true }).waitFor();
  expect(await chat.getByText("Embedding the widget").count()).toBeGreaterThan(0);
  expect(record.faults).toEqual([]);
  const own = [siteUrl, platform.url, platform.url.replace("http", "ws")];
  expect([...record.origins].filter((origin) => !own.includes(origin))).toEqual([]);
  await page.context().close();
});

test("a question that the documents don't answer is told so, without sources", async () => {
  const { page } = await openChat();
  await ask(page, "What is the capital of France?");
  const chat = page.locator("miptech-chat");
  await chat.getByText("don't answer that").first().waitFor();
  expect(await chat.getByText("Sources", { exact: true }).isVisible()).toBe(false);
  await page.context().close();
});
