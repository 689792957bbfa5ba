import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createOwnTokens } from "../../api/adapters/jose/own-tokens.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import type { ServerFrame } from "../../api/ws/protocol.ts";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { openBrowser, recordPage } from "../support/browser.ts";
import { adminToken, startPlatform, teach, type Platform } from "../support/platform.ts";
import { makeTestFolder } from "../support/test-folder.ts";

const root = join(import.meta.dirname, "../..");
const docs = await readFile(join(root, "docs/embedding.md"), "utf8");
/** What docs/embedding.md has a page do. */
const [, provider = ""] = /tokenProvider = (async [^]*?\n\})/.exec(docs) ?? [];

/** Of docs/embedding.md: what a site's own server does. */
type ChatToken = (user: { id: string }) => Promise<string>;

/** Whoever is signed in on the site, and what its server gives to the page. */
interface Session {
  user: string | undefined;
  giveToken: (user: string) => Promise<string>;
  asked: number;
}

let platform: Platform;
let browser: Browser;
let site: Server;
let siteUrl: string;
let folder: string;
let chatToken: ChatToken;
let publishableKey: string;
let session: Session;
let html: string;

beforeAll(async () => {
  await buildElement(root);
  platform = await startPlatform({ env: { EXTRACTIVE_PACE_MS: "15" } });
  site = createServer((request, response) => {
    if (request.url !== "/chat-token")
      return response.writeHead(200, { "Content-Type": "text/html" }).end(html);
    session.asked += 1;
    const given = session.user === undefined ? null : session.giveToken(session.user);
    Promise.resolve(given).then(
      (token) => response.end(JSON.stringify({ token })),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await listen(site, 0, "127.0.0.1", "SITE_PORT");
  siteUrl = `http://127.0.0.1:${portOf(site)}`;
  const settings = { auth: { required: "key" }, allowed_origins: [siteUrl] };
  await administer("tenants", { id: "acme", name: "Acme", settings });
  await teach(platform, "acme");
  publishableKey = await makeKey("publishable");
  folder = await makeTestFolder("sign-in");
  process.env["MIPTECH_SECRET_KEY"] = await makeKey("server");
  chatToken = await importExample();
  browser = await openBrowser();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser?.close();
  delete process.env["MIPTECH_SECRET_KEY"];
  if (folder) await rm(folder, { recursive: true });
  if (site) await closeServer(site);
  await platform?.close();
});

async function administer<Answer>(path: string, json: object): Promise<Answer> {
  const response = await fetch(`${platform.url}/api/v1/admin/${path}`, {
    method: "POST",
    headers: {
      "X-Admin-Token": adminToken,
      "X-Tenant-ID": "acme",
      "Content-Type": "application/json",
    },
    body: JSON.stringify(json),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function makeKey(role: string): Promise<string> {
  return (await administer<{ key: string }>("keys", { role, name: "For tests" })).key;
}

async function importExample(): Promise<ChatToken> {
  const [, code = ""] = /```js\n(const api = [^]*?)```/.exec(docs) ?? [];
  const file = join(folder, "chat-token.js");
  await writeFile(file, code.replace("http://localhost:8000", platform.url));
  return ((await import(file)) as { chatToken: ChatToken }).chatToken;
}

/** Opens the site as a visitor, or with somebody signed in. */
async function visit(user?: string, key = publishableKey) {
  session = { user, giveToken: (id) => chatToken({ id }), asked: 0 };
  html = `<!doctype html><title>t</title><link rel="icon" href="data:,">
    <script type="module" src="${platform.url}/widget.js"></script>
    <miptech-chat open tenant-id="acme" api-url="${platform.url}" api-key="${key}"></miptech-chat>
    <script>document.querySelector('miptech-chat').tokenProvider = ${provider}</script>`;
  const page = await (await browser.newContext()).newPage();
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));
  /** What the server has said of fresh proofs: when they expire. */
  const expiries: number[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      const { type, data } = JSON.parse(String(payload)) as ServerFrame;
      if (type === "authenticated") expiries.push(Date.parse(data.expires_at ?? ""));
    }),
  );
  const sockets = () => addresses.filter((url) => url.startsWith("ws")).length;
  const { faults } = recordPage(page);
  await page.goto(siteUrl);
  return { page, addresses, sockets, expiries, faults };
}

async function ask(page: Page, question: string): Promise<void> {
  const input = page.locator("miptech-chat textarea");
  await input.fill(question);
  await input.press("Enter");
}

const answered = (page: Page) =>
  page.locator("miptech-chat").getByText("Water tomatoes at the root").first().waitFor();
const online = (page: Page) =>
  page.locator("miptech-chat .status", { hasText: "Online" }).waitFor({ state: "attached" });
const authenticate = (page: Page) =>
  page.evaluate("document.querySelector('miptech-chat').authenticate()");
const bubbles = (page: Page) => page.locator("miptech-chat .bubble").allInnerTexts();
const stored = (page: Page) =>
  page.evaluate(() =>
    [localStorage, sessionStorage].flatMap((storage) => Object.entries(storage).flat()),
  );

async function userOf(token: string) {
  const headers = { "X-Tenant-ID": "acme", Authorization: `Bearer ${token}` };
  const response = await fetch(`${platform.url}/api/v1/auth/me`, { headers });
  return ((await response.json()) as { user: { id: string; external_id: string } }).user;
}

async function chatsOf(token: string): Promise<string[]> {
  const headers = { "X-Tenant-ID": "acme", Authorization: `Bearer ${token}` };
  const response = await fetch(`${platform.url}/api/v1/chat/`, { headers });
  return ((await response.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
}

test("a visitor who signs in keeps the chat, which is the user's then; who follows finds nothing of it", async () => {
  const { page, addresses, sockets, faults } = await visit();
  await online(page);
  await ask(page, "How do I water tomatoes?");
  await answered(page);

  session.user = "ann";
  await authenticate(page);
  const annes = await chatToken({ id: "ann" });
  await expect.poll(() => chatsOf(annes)).toHaveLength(1);
  expect(await bubbles(page)).toEqual(["How do I water tomatoes?"]);
  expect(sockets()).toBe(1);
  await expect.poll(async () => (await stored(page)).join()).not.toContain("miptech:visitor:");

  await page.reload();
  await online(page);
  await page.locator("miptech-chat .bubble").waitFor();
  expect(await bubbles(page)).toEqual(["How do I water tomatoes?"]);
  await ask(page, "When do I sow beans?");
  await page.locator("miptech-chat").getByText("Sow beans after the last frost").first().waitFor();
  expect(await chatsOf(annes)).toHaveLength(1);

  const { id: annesId } = await userOf(annes);
  const [annesChat = ""] = await chatsOf(annes);
  expect((await stored(page)).join()).toContain(annesChat);
  session.user = "bob";
  await page.locator("miptech-chat textarea").fill("half a thought of Ann's");
  await authenticate(page);
  await expect.poll(sockets).toBe(3);
  await online(page);
  expect(await bubbles(page)).toEqual([]);
  expect(await page.locator("miptech-chat textarea").inputValue()).toBe("");
  for (const secret of [annesId, annesChat])
    expect((await stored(page)).join()).not.toContain(secret);
  await ask(page, "How do I water tomatoes?");
  await answered(page);
  const bobs = await chatToken({ id: "bob" });
  expect(await chatsOf(bobs)).toHaveLength(1);
  expect(await chatsOf(bobs)).not.toEqual(await chatsOf(annes));

  session.user = undefined;
  await authenticate(page);
  await expect.poll(() => bubbles(page)).toEqual([]);
  await expect.poll(async () => (await stored(page)).join()).toContain("miptech:visitor:");
  expect(faults).toEqual([]);
  expect(addresses.filter((url) => /eyJ|[ps]k_/.test(url))).toEqual([]);
  expect((await stored(page)).join()).not.toMatch(/[ps]k_/);
});

/** A token for so long; those that are asked for live for a minute at least. */
async function issueFor(user: string, ttlMs: number): Promise<string> {
  const tokens = createOwnTokens({ secret: "j".repeat(40), clock: systemClock });
  const { id } = await userOf(await chatToken({ id: user }));
  const draft = { user: { id, tenantId: "acme" }, keyId: null, authenticatedAt: Date.now(), ttlMs };
  return (await tokens.issue(draft)).token;
}

test("a token that expires soon is renewed on the open connection, in mid-answer", async () => {
  const short = await issueFor("ann", 10_000);
  const { page, sockets, expiries } = await visit();
  await online(page);
  session.user = "ann";
  session.giveToken = async (id) => (session.asked === 2 ? short : chatToken({ id }));
  await ask(page, "How do I water tomatoes?");
  await page.locator("miptech-chat .streaming").waitFor();
  await authenticate(page);
  await expect.poll(() => expiries.length).toBe(2);
  const [first = 0, second = 0] = expiries;
  expect(second - first).toBeGreaterThan(600_000);
  await answered(page);
  expect([session.asked, sockets()]).toEqual([3, 1]);
});

test("a token that has no successor ends the session in words, and a new sign-in begins another", async () => {
  const { page, sockets, faults } = await visit("ann");
  await online(page);
  const token = await issueFor("ann", 3000);
  session.giveToken = async () => token;
  await authenticate(page);
  await page.locator("miptech-chat").getByText("Your session has ended").waitFor();
  const opened = sockets();
  expect(opened).toBeLessThanOrEqual(2);
  expect(faults).toEqual([expect.stringMatching(/^miptech-chat: /)]);
  expect(faults.join()).not.toContain(token);
  session.giveToken = (name) => chatToken({ id: name });
  await page.locator("miptech-chat .banner button").click();
  await online(page);
  expect(sockets()).toBe(opened + 1);
});

test("a wrong key is final, and told to the page's developer without it", async () => {
  const { page, sockets, faults } = await visit(undefined, "pk_" + "x".repeat(43));
  await page.locator("miptech-chat").getByText("not set up correctly").waitFor();
  expect(sockets()).toBe(1);
  expect(faults).toEqual([expect.stringContaining("api-key")]);
  expect(faults.join()).not.toContain("pk_");
  await page.evaluate(`document.querySelector('miptech-chat').apiKey = '${publishableKey}'`);
  await online(page);
});
