import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { openBrowser } from "../support/browser.ts";
import { insertTenant, startPlatform, teach, type Platform } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");
let platform: Platform;
let browser: Browser;
const sites: Server[] = [];

beforeAll(async () => {
  await buildElement(root);
  platform = await startPlatform();
  await insertTenant(platform, "acme");
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  for (const site of sites) await closeServer(site);
  await platform?.close();
});

async function openSite(body: string): Promise<string> {
  const site = createServer((_request, response) => {
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end(`<!doctype html><title>t</title>${body}`);
  });
  sites.push(site);
  await listen(site, 0, "127.0.0.1", "PORT");
  return `http://127.0.0.1:${portOf(site)}`;
}

const script = () => `<script type="module" src="${platform.url}/widget.js"></script>`;

test("a page of an origin that is not allowed gets the helpful message and nothing else", async () => {
  const url = await openSite(
    `${script()}<miptech-chat tenant-id="acme" api-url="${platform.url}"></miptech-chat>`,
  );
  const page = await browser.newPage();
  const said: string[] = [];
  let sockets = 0;
  page.on("console", (message) => said.push(message.text()));
  page.on("websocket", () => (sockets += 1));
  const told = page.waitForEvent("console", (message) =>
    message.text().includes("allowed_origins"),
  );
  await page.goto(url);
  await told;
  const chat = page.locator("miptech-chat");
  await chat.locator("[part~=launcher]").click();
  await chat
    .getByText(/not available|isn't available|can't be used|not allowed|unavailable/i)
    .first()
    .waitFor();
  expect(said.join("\n")).toContain(url);
  expect(sockets).toBe(1);
  await page.close();
});

test("the seed's init from the console gives a working widget", async () => {
  const url = await openSite(script());
  await platform.sql(
    `update tenants set settings = jsonb_build_object('allowed_origins', jsonb_build_array($1::text)) where id = 'acme'`,
    [url],
  );
  await teach(platform, "acme");
  await expect.poll(async () => (await platform.app.tenants.allowedOrigins()).has(url)).toBe(true);
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction("window.MIPTechChatWidget !== undefined");
  await page.evaluate(`window.MIPTechChatWidget.init({
    apiUrl: '${platform.url}',
    tenantId: 'acme',
    theme: 'auto'
  })`);
  const chat = page.locator("miptech-chat");
  const input = chat.locator("textarea");
  await chat.locator("[part~=launcher]").click();
  await input.fill("How should I water tomatoes?");
  await input.press("Enter");
  await chat.getByText("Water tomatoes at the root").first().waitFor();
  await page.close();
});
