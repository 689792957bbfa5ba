import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { closeServer, listen, portOf } from "../../api/main.ts";
import { buildElement } from "../../scripts/build-element.ts";
import { ingestDocs, seedTenants } from "../../scripts/knowledge.ts";
import { openBrowser } from "../support/browser.ts";
import { startPlatform, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
let platform: Platform;
let readme: string;
let browser: Browser;
let site: Server;

beforeAll(async () => {
  await buildElement(root);
  readme = await readFile(join(root, "README.md"), "utf8");
  platform = await startPlatform();
  await seedTenants(root, platform.database.url);
  await ingestDocs(root, platform.app);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  if (site) await closeServer(site);
  await platform?.close();
});

/** The first block of that language, asked of the platform of this test. */
function block(language: string, containing = ""): string {
  const blocks = [...readme.matchAll(/```(\w+)\n([^]*?)```/g)];
  const found = blocks.find(([, name, text]) => name === language && text?.includes(containing));
  if (!found?.[2]) throw new Error(`README.md has no ${language} block with ${containing}`);
  return found[2].replaceAll("http://localhost:8000", platform.url);
}

test("the curl of the README makes a chat, its subscription follows it, and its frame asks in it", async () => {
  const { stdout } = await run("bash", [
    "-c",
    `${block("sh", "curl")} --silent`.replace(/\n +--/, " --"),
  ]);
  const chat = JSON.parse(stdout) as { id: string; title: string };
  expect(chat.title).toBe("Test Chat");

  const client = createClient({
    url: `${platform.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { tenantId: "miptech-company" },
  });
  const types: string[] = [];
  let text = "";
  const seen = new Promise<void>((resolve, reject) => {
    client.subscribe<{ turnEvents: { __typename: string; content?: string } }>(
      { query: block("graphql"), variables: { chatId: chat.id } },
      {
        next: ({ data }) => {
          const event = data?.turnEvents;
          if (!event) return;
          types.push(event.__typename);
          text += event.content ?? "";
          if (event.__typename === "ResponseComplete") resolve();
        },
        error: reject,
        complete: resolve,
      },
    );
  });
  const asker = await openWs(platform.wsUrl, { tenant_id: "miptech-company" });
  const frame = JSON.parse(block("json", "chat_message")) as { data: { message: string } };
  asker.send("chat_message", { ...frame.data, chat_id: chat.id });
  await asker.until("response_complete");
  await seen;
  expect(types[0]).toBe("ResponseStart");
  expect(types.at(-1)).toBe("ResponseComplete");
  expect(text).toContain("<miptech-chat");
  await asker.close();
  await client.dispose();
});

test("the frame of the README, sent as it stands, is answered", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "miptech-company" });
  client.sendText(block("json", "chat_message"));
  const { data } = await client.until("response_complete");
  expect(data.sources.length).toBeGreaterThan(0);
  await client.close();
});

test("the tag of the README is all that a page of another origin needs", async () => {
  const html = `<!doctype html><title>Three lines</title>${block("html")}`;
  site = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" }).end(html);
  });
  await listen(site, 0, "127.0.0.1", "PORT");
  const origin = `http://127.0.0.1:${portOf(site)}`;
  await platform.sql(
    `update tenants set settings = settings || jsonb_build_object('allowed_origins', jsonb_build_array($1::text))
     where id = 'miptech-company'`,
    [origin],
  );
  await vi.waitUntil(async () => (await platform.app.tenants.allowedOrigins()).has(origin));
  const page = await browser.newPage();
  await page.goto(origin);
  const chat = page.locator("miptech-chat");
  await chat.locator("[part~=launcher]").click();
  await chat.locator("textarea").fill("How do I embed the widget?");
  await chat.locator("textarea").press("Enter");
  await chat.getByText("Sources", { exact: true }).waitFor();
});
