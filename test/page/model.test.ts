import type { Server } from "node:http";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { createSite } from "../../scripts/site.ts";
import { openBrowser } from "../support/browser.ts";
import { answerSlowly, startModelServer, type ModelServer } from "../support/openai-server.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");
const words = Array.from({ length: 60 }, (_, n) => `word${n + 1} `);
const whole = words.join("").trim();

let model: ModelServer;
let platform: Platform;
let site: Server;
let browser: Browser;
let siteUrl: string;
let context: BrowserContext | undefined;

beforeAll(async () => {
  await buildElement(root);
  model = await startModelServer();
  model.use(answerSlowly(words, 20));
  platform = await startPlatform({ env: { OPENAI_BASE_URL: model.baseUrl } });
  site = createSite(join(root, "element/host"), platform.url);
  await listen(site, 0, "127.0.0.1", "SITE_PORT");
  siteUrl = `http://127.0.0.1:${portOf(site)}`;
  await insertTenant(platform, "miptech-company", { allowed_origins: [siteUrl] });
  await vi.waitUntil(async () => (await platform.app.tenants.allowedOrigins()).has(siteUrl));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  if (site) await closeServer(site);
  await platform?.close();
  await model?.close();
});

afterEach(async () => {
  await context?.close();
});

const chatOf = (page: Page) => page.locator("miptech-chat");

async function open(): Promise<Page> {
  context ??= await browser.newContext();
  const page = await context.newPage();
  await page.goto(siteUrl);
  return page;
}

async function show(page: Page): Promise<void> {
  const input = chatOf(page).locator("textarea");
  if (!(await input.isVisible())) await chatOf(page).locator("[part~=launcher]").click();
  await input.waitFor();
}

async function ask(page: Page): Promise<void> {
  await show(page);
  await chatOf(page).locator("textarea").fill("Count for me");
  await chatOf(page).locator("textarea").press("Enter");
}

const hasWord = (page: Page, n: number) =>
  chatOf(page)
    .getByText(new RegExp(`word${n}\\b`))
    .first()
    .waitFor();

test("reloaded in mid-answer it goes on to the same end, and a second tab on the chat shows the same", async () => {
  context = await browser.newContext();
  const page = await open();
  await ask(page);
  await hasWord(page, 8);
  await page.reload();
  await show(page);
  const second = await open();
  await show(second);
  for (const tab of [page, second]) {
    await hasWord(tab, 60);
    const text = await chatOf(tab)
      .getByText(/word1 word2/)
      .first()
      .innerText();
    expect(text.trim().replace(/\s+/g, " ")).toContain(whole);
    expect(text.match(/word1 /g)).toHaveLength(1);
  }
  expect(model.requests).toHaveLength(1);
});

test("stop keeps the text so far and closes the request upstream", async () => {
  context = await browser.newContext();
  const page = await open();
  const before = model.requests.length;
  await ask(page);
  await hasWord(page, 5);
  const request = await model.nth(before);
  await chatOf(page).getByRole("button", { name: /stop/i }).click();
  await request.closed;
  const read = () =>
    platform.adminSql<{ content: string }>(
      "select content from tenant_miptech_company.chat_messages where finish_reason = 'cancelled'",
    );
  const [stored] = await vi.waitUntil(async () => {
    const rows = await read();
    return rows.length > 0 && rows;
  });
  expect(stored?.content).toMatch(/^word1 word2 /);
  expect(whole.startsWith(stored?.content.trim() ?? "-")).toBe(true);
  await page.reload();
  await show(page);
  await hasWord(page, 5);
  expect(
    await chatOf(page)
      .getByText(/word60/)
      .count(),
  ).toBe(0);
});
