import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { maxAdminBodyBytes, maxBodyBytes } from "../../api/graphql/body.ts";
import { maxCost } from "../../api/graphql/cost.ts";
import { documentLimits } from "../../api/graphql/limits.ts";
import { maxOperations } from "../../api/graphql/socket-protocol.ts";
import { maxFrameBytes } from "../../api/graphql/socket.ts";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { until, type Sent } from "./client.ts";
import { listenPlatform, readResults, type Listening } from "./listen.ts";

const root = join(import.meta.dirname, "../..");
const docs = await readFile(join(root, "docs/graphql.md"), "utf8");
const run = promisify(execFile);

let platform: Listening;
beforeEach(async () => {
  platform = await listenPlatform({
    tenants: [makeTenant("demo"), makeTenant("miptech-company")],
    pieces: ["Put the tag ", "into the page."],
  });
});
afterEach(() => platform.close());

/** The first block of a language that holds a text, asked of the platform of this test. */
function block(language: string, containing = ""): string {
  const blocks = [...docs.matchAll(/```(\w+)\n([^]*?)```/g)];
  const found = blocks.find(([, name, text]) => name === language && text?.includes(containing));
  if (!found?.[2]) throw new Error(`docs/graphql.md has no ${language} block with ${containing}`);
  return found[2].replaceAll("localhost:8000", new URL(platform.url).host);
}

const ask = () => platform.ask<Sent>(block("graphql", "mutation Ask"), { content: "How?" });

describe("docs/graphql.md", () => {
  test("its operations run as they stand", async () => {
    const { sendMessage: sent } = await ask();
    await until(() => platform.log.size === 0);
    const response = await platform.call("/graphql", {
      json: {
        query: block("graphql", "subscription Follow"),
        variables: { chatId: sent.chat.id, after: sent.answer.id },
      },
      headers: { Accept: "text/event-stream" },
    });
    const reader = readResults<object>(response);
    for (const __typename of ["ResponseStart", "ResponseChunk", "ResponseComplete"]) {
      expect(await reader.next()).toMatchObject({ data: { turnEvents: { __typename } } });
    }
    await reader.leave();
    const headers = { "X-Visitor-Token": sent.visitorToken ?? "" };
    const list = await platform.ask(block("graphql", "query Chats"), { first: 5 }, headers);
    expect(list).toMatchObject({
      chats: { edges: [{ node: { title: "How?", messages: { edges: [{}, {}] } } }] },
    });
  });

  test("its administration changes a tenant and makes a key for it", async () => {
    const admin = { "X-Admin-Token": adminToken };
    const make = 'mutation { createTenant(input: { id: "acme" }) { tenant { id } } }';
    await platform.ask(make, {}, admin);
    const changed = await platform.ask(block("graphql", "mutation Change"), { id: "acme" }, admin);
    expect(changed).toMatchObject({
      updateTenant: { tenant: { limits: { messagesPerDay: 5000 } } },
    });
    const acme = { ...admin, "X-Tenant-ID": "acme" };
    const made = await platform.ask(block("graphql", "createApiKey"), {}, acme);
    expect(made).toMatchObject({ createApiKey: { key: expect.stringMatching(/^pk_/) } });
  });

  test("its program asks and writes the answer", async () => {
    const args = ["--input-type=module", "--eval", block("js", "createClient")];
    const { stdout } = await run(process.execPath, args, { cwd: root });
    expect(stdout).toBe("Put the tag into the page.");
  });

  test("its curl follows an answer to its end", async () => {
    const headers = { "X-Tenant-ID": "miptech-company" };
    const query = block("graphql", "mutation Ask");
    const sent = await platform.ask<Sent>(query, { content: "How?" }, headers);
    const command = block("sh", "curl").replace("ANSWER_ID", sent.sendMessage.answer.id);
    const { stdout } = await run("bash", ["-c", command.replace("curl", "curl --silent")]);
    expect(stdout).toContain('"content":"Put the tag into the page."');
    expect(stdout).toMatch(/event: complete\ndata:\n*$/);
  });

  test("its limits are those of the code", () => {
    const rows = new Map(
      [...docs.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].map(([, what = "", most = ""]) => [
        what,
        most,
      ]),
    );
    const number = (value: number) => value.toLocaleString("en");
    expect(rows.get("tokens of a document")).toBe(number(documentLimits.tokens));
    expect(rows.get("fields within fields")).toBe(number(documentLimits.depth));
    expect(rows.get("aliases, with those in fragments")).toBe(number(documentLimits.aliases));
    expect(rows.get("fields, with those in fragments")).toBe(number(documentLimits.fields));
    expect([...rows].find(([what]) => what.startsWith("cost"))?.[1]).toBe(number(maxCost));
    expect(rows.get("operations under way on one connection")).toBe(number(maxOperations));
    expect(rows.get("body of a request")).toBe(
      `${maxBodyBytes / 1024} KiB; ${maxAdminBodyBytes / 1024 / 1024} MiB for an admin`,
    );
    expect(docs).toContain(`a message was larger than ${maxFrameBytes / 1024 / 1024} MiB`);
  });
});
