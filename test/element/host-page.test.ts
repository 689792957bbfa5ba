import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { chromiumArgs, chromiumPath } from "../support/chromium.ts";
import { chunk, complete, greeting, processing, source, start } from "./support/frames.ts";
import { startHostSite, type HostSite } from "./support/host-site.ts";

const answer =
  "# Platform\n\nAssistants **answer** from documents [1].\n\n- `code`\n\n|a|\n|-|\n|b|\n";

/** A question that the played server takes and leaves. */
const unanswered = "Will you answer?";

let site: HostSite;
let browser: Browser;
beforeAll(async () => {
  site = await startHostSite(greeting, (frame, send) => {
    if (frame.type !== "chat_message") return;
    if (frame.data.message === unanswered) return send(processing(frame.data.client_message_id));
    send(
      processing(frame.data.client_message_id),
      start(),
      chunk(answer, 0),
      complete({ sources: [source(1)] }),
    );
  });
  browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [...chromiumArgs],
  });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

interface Visit {
  readonly page: Page;
  /** What the console, the page and its content security policy complained of. */
  readonly complaints: string[];
  readonly requests: string[];
}

async function visit(options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  page.on("websocket", (socket) => requests.push(socket.url()));
  await page.goto(site.siteUrl);
  await page.locator("miptech-chat .status", { hasText: "Online" }).waitFor({ state: "attached" });
  return { page, complaints, requests };
}

const contexts = () => browser.contexts();
beforeEach(() => site.received.splice(0));
afterEach(async () => {
  for (const context of contexts()) await context.close();
});

test("under a strict content security policy it answers, and asks nobody but its own page and the API", async () => {
  const { page, complaints, requests } = await visit();
  await page.locator("miptech-chat .launcher").click();
  await page.keyboard.type("What is the platform?");
  await page.keyboard.press("Enter");
  await page.locator("miptech-chat .source").waitFor();
  await page.locator("miptech-chat .citation").click();

  expect(await page.locator("miptech-chat .prose").innerText()).toContain(
    "Assistants answer from documents",
  );
  expect(await page.locator("miptech-chat .source blockquote").isVisible()).toBe(true);
  expect(site.received).toMatchObject([
    { type: "chat_message", data: { message: "What is the platform?" } },
  ]);
  expect(complaints).toEqual([]);
  const allowed = [site.siteUrl, site.apiUrl, site.apiUrl.replace("http", "ws")];
  expect(requests.filter((url) => !allowed.some((origin) => url.startsWith(`${origin}/`)))).toEqual(
    [],
  );
  expect(requests).toContain(`${site.apiUrl}/widget.js`);
});

test("one of its questions opens the chat and is asked", async () => {
  const { page } = await visit();
  await page.getByRole("button", { name: "How do I embed the chat in my site?" }).first().click();
  await page.locator("miptech-chat .source").waitFor();
  expect(await page.locator("miptech-chat .bubble").innerText()).toBe(
    "How do I embed the chat in my site?",
  );
});

test("its theme is the reader's own until another is chosen, for the chat too, and stays chosen", async () => {
  const { page } = await visit({ colorScheme: "dark" });
  const colors = () =>
    page.evaluate(() => {
      const panel = document.querySelector("miptech-chat")?.shadowRoot?.querySelector(".panel");
      return [document.body, panel].map((element) =>
        element ? getComputedStyle(element).backgroundColor : "",
      );
    });
  expect(await colors()).toEqual(["rgb(16, 19, 20)", "rgb(22, 25, 26)"]);
  await page.getByRole("button", { name: "Light" }).click();
  expect(await colors()).toEqual(["rgb(251, 251, 249)", "rgb(255, 255, 255)"]);
  await page.reload();
  expect(await page.getByRole("button", { name: "Light" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  expect(await colors()).toEqual(["rgb(251, 251, 249)", "rgb(255, 255, 255)"]);
});

test("its code can be copied, with the address of the API in it", async () => {
  const { page } = await visit();
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`<script type="module" src="${site.apiUrl}/widget.js"></script>`);
  expect(copied).toContain('tenant-id="miptech-company"');
});

test("on a phone nothing is wider than the screen, and the open chat covers it", async () => {
  const { page } = await visit({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole("button", { name: "Open the chat" }).first().tap();
  const panel = page.locator("miptech-chat .panel");
  await panel.evaluate((element) =>
    Promise.all(element.getAnimations().map(({ finished }) => finished)),
  );
  expect(await panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
  await page.locator("miptech-chat [part=close]").tap();
  await panel.waitFor({ state: "hidden" });
});

test("for a reader who wants no motion it opens at once, into its composer", async () => {
  const { page } = await visit({ reducedMotion: "reduce" });
  await page.locator("miptech-chat .launcher").click();
  await page.keyboard.type(unanswered);
  await page.keyboard.press("Enter");
  await page.locator("miptech-chat .thinking").waitFor();
  const moving = await page
    .locator("miptech-chat")
    .evaluate((chat) => chat.shadowRoot?.getAnimations().length);
  expect(moving).toBe(0);
});

test("leaving the page ends the connection", async () => {
  const { page } = await visit();
  expect(site.connections()).toBe(1);
  await page.goto("about:blank");
  await expect.poll(() => site.connections()).toBe(0);
});
