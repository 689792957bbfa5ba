import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { securityHeaders } from "../../api/core/security-headers.ts";
import { maxMessageLength } from "../../api/core/turns/start-turn.ts";
import { cutAbove, stuckMs } from "../../api/core/watched-connection.ts";
import { maxAdminBodyBytes } from "../../api/graphql/body.ts";
import { maxCost } from "../../api/graphql/cost.ts";
import { documentLimits } from "../../api/graphql/limits.ts";
import { maxOperations } from "../../api/graphql/socket-protocol.ts";
import { maxBodyBytes } from "../../api/rest/body.ts";
import { maxFrameBytes, maxPayloadBytes } from "../../api/ws/protocol.ts";
import { adminToken, startPlatform, type Platform } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");
let page: string;
let folder: string;
let platform: Platform;

beforeAll(async () => {
  page = await readFile(join(root, "docs/security.md"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  platform = await startPlatform({ env: { RATE_LIMIT_ENABLED: "true" } });
  await call("/admin/tenants", { id: "acme", name: "Acme Inc." });
  await call("/admin/origins", { origins: ["https://www.acme.example"] }, "PUT");
  // Makes the tenant's schema.
  await call("/chat", {});
});

afterAll(async () => {
  await platform?.close();
  await rm(folder, { recursive: true });
});

async function call(path: string, json: object, method: "POST" | "PUT" = "POST"): Promise<void> {
  const response = await fetch(`${platform.url}/api/v1${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      "X-Tenant-ID": "acme",
      "X-Admin-Token": adminToken,
    },
    body: JSON.stringify(json),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** What stands behind a heading, up to the next one. */
function section(heading: string): string {
  const [, behind = ""] = page.split(new RegExp(`^#+ ${heading}\n`, "m"));
  const [text = ""] = behind.split(/^#/m);
  if (text === "") throw new Error(`docs/security.md has no section ${heading}`);
  return text;
}

/** The lines of a section's blocks of a language. */
function lines(heading: string, language: string): string[] {
  const blocks = section(heading).matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"));
  return [...blocks].flatMap(([, text = ""]) => text.trim().split("\n"));
}

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a line of the page as a person would. */
function run(line: string): Promise<Ran> {
  const node = `"${process.execPath}"`;
  const command = line
    .replace("npm run miptech --", `${node} "${join(root, "scripts/miptech.ts")}"`)
    .replace(/\bnode api/, `${node} ${root}/api`)
    .replace(/^node/, node);
  const env = {
    PATH: process.env["PATH"],
    URL: platform.url,
    PORT: new URL(platform.url).port,
    ADMIN_TOKEN: adminToken,
    DATA_DIR: join(folder, "no-such-data"),
  };
  return new Promise((resolve) => {
    execFile("bash", ["--norc", "-c", command], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

/** What each command of the checklist is to print, in its order. */
const checks: Readonly<Record<string, readonly (readonly [code: number, output: RegExp])[]>> = {
  "Environment variables properly configured": [
    [0, /^[\w-]{44}\n$/],
    [1, /^(?=[^]* SECRET_KEY: )(?=[^]* JWT_SECRET_KEY: )(?=[^]* POSTGRES_PASSWORD: )/],
  ],
  "API keys configured for OpenAI/Pinecone": [
    [0, /budget|acme/],
    [0, /days in UTC/],
  ],
  "CORS origins updated for production domains": [
    [0, /^https:\/\/www\.acme\.example$/m],
    [0, /^HTTP\/1\.1 403 /],
  ],
  "Rate limiting configured per tenant": [
    [0, /messages_per_minute/],
    [0, /^x-ratelimit-limit: \d+/im],
    [0, /127\.0\.0\.1 +tenant\.update/],
  ],
  "SSL/TLS enabled for WebSocket connections": [
    [0, /^HTTP\/1\.1 101 /],
    // Here is no proxy that ends TLS.
    [1, /^$/],
  ],
  "JWT tokens properly validated": [[0, /^HTTP\/1\.1 401 /]],
  "Monitoring and logging enabled": [
    [0, /"status"/],
    [0, /^# TYPE miptech_turns_total counter$/m],
  ],
};

describe("before production", () => {
  test.each(Object.keys(checks))("%s", { timeout: 60_000 }, async (heading) => {
    const commands = lines(heading, "sh");
    expect(commands).toHaveLength(checks[heading]?.length ?? 0);
    for (const [index, [code, output] = [0, /^$/]] of (checks[heading] ?? []).entries()) {
      const ran = await run(commands[index] ?? "");
      expect(ran.output, commands[index]).toMatch(output);
      expect(ran.code, commands[index]).toBe(code);
    }
  });

  test("Database credentials secured", async () => {
    const [role = "", chats = "", ...others] = lines("Database credentials secured", "sql");
    expect(others).toEqual([]);
    expect(await platform.sql(role)).toEqual([{ rolsuper: false }]);
    await expect(platform.sql(chats)).rejects.toThrow("permission denied");
  });

  test("answers every line of the first description's checklist, and has no other command", () => {
    const [, list = ""] = page.split("## Before production");
    const named = [...list.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(named).toEqual([
      "Environment variables properly configured",
      "Database credentials secured",
      "API keys configured for OpenAI/Pinecone",
      "CORS origins updated for production domains",
      "Rate limiting configured per tenant",
      "SSL/TLS enabled for WebSocket connections",
      "JWT tokens properly validated",
      "Tenant isolation verified",
      "Monitoring and logging enabled",
    ]);
  });
});

test("the npm commands that it names are there, and the tests too", async () => {
  const text = await readFile(join(root, "package.json"), "utf8");
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
  const commands = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  expect(commands).toContain("attack");
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  const files = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(8);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("the SQL for a server of one's own makes its database as discreet as the embedded one", async () => {
  const [{ current_database: name } = { current_database: "" }] = await platform.sql<{
    current_database: string;
  }>("select current_database()");
  const settings = ["log_min_messages", "log_min_error_statement", "log_error_verbosity"];
  const read = () =>
    platform.sql(`select ${settings.map((one) => `current_setting('${one}') as ${one}`).join()}`);
  const embedded = await read();
  const statements = lines("Logs, errors and metrics", "sql");
  expect(statements).toHaveLength(settings.length);
  for (const setting of settings)
    await platform.adminSql(`alter database ${name} set ${setting} = default`);
  for (const [index, loose] of ["warning", "error", "verbose"].entries())
    await platform.adminSql(`alter database ${name} set ${settings[index]} = '${loose}'`);
  expect(await read()).not.toEqual(embedded);
  for (const statement of statements)
    await platform.adminSql(statement.replace("DATABASE miptech", `DATABASE ${name}`));
  expect(await read()).toEqual(embedded);
});

test("headers and limits are those of the code", () => {
  const headers = section("Headers");
  for (const [name, value] of Object.entries(securityHeaders))
    expect(headers).toContain(`| \`${name}\` | \`${value}\``);
  const limits = section("Limits");
  const kib = (bytes: number) => `${bytes / 1024} KiB`;
  const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
  const count = (number: number) => number.toLocaleString("en");
  expect(maxFrameBytes).toBe(maxBodyBytes);
  const { tokens, depth, aliases, fields } = documentLimits;
  for (const told of [
    `| body, frame | ${kib(maxBodyBytes)}, `,
    `up to ${mib(maxPayloadBytes)}`,
    `| ${mib(maxAdminBodyBytes)} |`,
    `${count(maxMessageLength)} characters`,
    `${count(tokens)} tokens, ${depth} levels, ${aliases} aliases, ${fields} fields, and a cost of ${count(maxCost)}`,
    `${mib(cutAbove)}, or ${stuckMs / 1000} seconds`,
    `| ${maxOperations} |`,
  ])
    expect(limits).toContain(told);
});
