import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { openBrowser } from "../support/browser.ts";
import { adminToken, startPlatform, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const question = "How many days of holiday are there?";

let page: string;
let folder: string;
let browser: Browser;
let platform: Platform;
let site: Server;
let html: string;
let origin: string;

beforeAll(async () => {
  await buildElement(root);
  page = await readFile(join(root, "docs/onboarding.md"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  await mkdir(join(folder, "handbook"));
  const text = "# Holidays\n\nThere are thirty days of holiday in a year.";
  await writeFile(join(folder, "handbook/holidays.md"), text);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** Each time from nothing: a platform without a tenant, and a site without a page. */
beforeEach(async () => {
  platform = await startPlatform();
  html = "";
  site = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html>${html}`);
  });
  await listen(site, 0, "127.0.0.1", "PORT");
  origin = `http://127.0.0.1:${portOf(site)}`;
});

afterEach(async () => {
  await closeServer(site);
  await platform.close();
});

/** The first block of that language behind a heading, for this test's platform and site. */
function block(heading: string, language: string): string {
  const [, behind = ""] = page.split(`## ${heading}\n`);
  const text = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(behind)?.[1];
  if (text === undefined) throw new Error(`docs/onboarding.md: no ${language} behind ${heading}`);
  return text
    .replaceAll("http://localhost:8000", platform.url)
    .replaceAll("https://www.acme.example", origin);
}

/** Runs the commands as a person would, and gives back what they print. */
async function runCommands(heading: string): Promise<string> {
  const miptech = `"${process.execPath}" "${join(root, "scripts/miptech.ts")}"`;
  const commands = block(heading, "sh").replaceAll("npm run miptech --", miptech);
  const env = {
    PATH: process.env.PATH,
    PORT: new URL(platform.url).port,
    ADMIN_TOKEN: adminToken,
    DATA_DIR: join(folder, "no-such-data"),
  };
  const script = `set -e\n${commands.replaceAll("curl ", "curl --fail-with-body --silent ")}`;
  return (await run("bash", ["-c", script], { cwd: folder, env })).stdout;
}

/** Asks from a page of an origin with a key, over a raw WebSocket. */
async function ask(key: string, headers: { Origin: string }) {
  const query = { tenant_id: "acme", api_key: key };
  const client = await openWs(platform.wsUrl, query, { headers });
  try {
    client.send("chat_message", { message: question });
    return (await client.until("response_complete")).data;
  } finally {
    await client.close();
  }
}

const create = async (headers: Record<string, string>) => {
  const init = { method: "POST", headers: { "X-Tenant-ID": "acme", ...headers } };
  return (await fetch(`${platform.url}/api/v1/chat`, init)).status;
};

describe.each(["From the command line", "Over the admin API"])("%s", (heading) => {
  test("a new tenant's page is answered from its document, and no other's", async () => {
    const printed = await runCommands(heading);
    const key = /pk_[\w-]{43}/.exec(printed)?.[0] ?? "";

    const answer = await ask(key, { Origin: origin });
    expect(answer.sources).toMatchObject([{ title: "Holidays" }]);
    expect(await create({ Origin: origin, "X-API-Key": key })).toBe(201);
    expect(await create({ Origin: origin })).toBe(401);
    expect(await create({ Origin: "https://elsewhere.example", "X-API-Key": key })).toBe(403);

    html = block("In your pages", "html").replace("PUBLISHABLE_KEY", key);
    const visit = await browser.newPage();
    await visit.goto(origin);
    const chat = visit.locator("miptech-chat");
    await chat.locator("[part~=launcher]").click();
    await chat.locator("textarea").fill(question);
    await chat.locator("textarea").press("Enter");
    await chat.getByText("thirty days of holiday").first().waitFor();
    await chat.getByText("Sources", { exact: true }).waitFor();
    await visit.close();
  });
});
