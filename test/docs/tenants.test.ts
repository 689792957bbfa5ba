import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownSettings, settingRules } from "../../api/core/admin/setting-rules.ts";
import { parseSettings } from "../../api/core/tenant.ts";
import { runMiptech } from "../support/miptech.ts";
import { adminToken, startPlatform, type Platform } from "../support/platform.ts";

let platform: Platform;
let folder: string;
let page: string;

beforeAll(async () => {
  page = await readFile(join(import.meta.dirname, "../../docs/tenants.md"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  await writeFile(join(folder, "prompt.txt"), "Be kind.");
  platform = await startPlatform();
});

afterAll(async () => {
  await platform?.close();
  await rm(folder, { recursive: true });
});

function blocks(language: string): string[] {
  const found = page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"));
  return [...found].map(([, text = ""]) => text.trim());
}

/** The words of a command as a shell would read them. */
function readWords(command: string): string[] {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/^"(.*)"$/, "$1"));
}

const admin = "/api/v1/admin";

async function ask(method: string, path: string, body?: string): Promise<Response> {
  const headers = { "X-Admin-Token": adminToken, "X-Tenant-ID": "acme" };
  const content = { ...headers, "Content-Type": "application/json" };
  return fetch(platform.url + path, { method, headers: content, ...(body ? { body } : {}) });
}

async function makeUser(): Promise<string> {
  const response = await ask("POST", "/api/v1/auth/token", '{"user": {"id": "ann"}}');
  return ((await response.json()) as { user: { id: string } }).user.id;
}

async function stateOf(receipt: string): Promise<unknown> {
  const response = await ask("GET", `${admin}/erasures/${receipt}`);
  return ((await response.json()) as { state: string }).state;
}

// Each command is a process of its own.
test(
  "the commands of docs/tenants.md do what it says, in their order",
  { timeout: 120_000 },
  async () => {
    const prefix = "npm run miptech -- ";
    const lines = blocks("sh").flatMap((block) => block.split("\n"));
    const made: string[] = [];
    let userId = "";
    let receipt = "";
    for (const line of lines) {
      expect(line.startsWith(prefix)).toBe(true);
      if (line.includes("USER_ID")) userId ||= await makeUser();
      if (line.includes("erasure check"))
        await expect.poll(() => stateOf(receipt)).toBe("complete");
      const words = readWords(line.slice(prefix.length));
      const args = words.map((word) =>
        word === "KEY_ID"
          ? (made.at(-1) ?? "")
          : word === "USER_ID"
            ? userId
            : word === "RECEIPT_ID"
              ? receipt
              : word,
      );
      const { code, out, err } = await runMiptech(args, { url: platform.url, cwd: folder });
      expect([line, code, err]).toEqual([line, 0, ""]);
      const id = /^id +(key_\w+)$/m.exec(out)?.[1];
      if (id) made.push(id);
      receipt = /^receipt +(era_\w+)$/m.exec(out)?.[1] ?? receipt;
    }
    expect(made).toHaveLength(3);
  },
);

test("the requests of docs/tenants.md are taken as they stand", async () => {
  const [create = "", patch = ""] = blocks("json");
  const made = await ask("POST", `${admin}/tenants`, create.replace('"acme"', '"by-request"'));
  expect(made.status).toBe(201);
  const changed = await ask("PATCH", `${admin}/tenants/by-request`, patch);
  expect(await changed.json()).toMatchObject({
    name: "Acme Inc.",
    settings: {
      plan: "pro",
      allowed_origins: ["https://www.acme.example"],
      limits: { messages_per_day: 5000 },
    },
  });
});

test("the SQL of docs/tenants.md makes a tenant", async () => {
  const [sql = ""] = blocks("sql");
  await platform.sql(sql.replace("'acme'", "'by-sql'"));
  expect((await fetch(`${platform.url}/api/v1/auth/tenant/by-sql`)).status).toBe(200);
});

test("docs/tenants.md lists all settings, and the plans with what they grant", () => {
  const names = Object.entries(settingRules.fields).flatMap(([name, rule]) => {
    const fields = typeof rule === "object" ? Object.keys(rule.fields) : [];
    return fields.length === 0 ? [name] : fields.map((field) => `${name}.${field}`);
  });
  const listed = [...page.matchAll(/^\| `([a-z_.]+)` \| .* \| (?:platform|tenant) \|$/gm)];
  expect(new Set(listed.map(([, name]) => name))).toEqual(new Set(names));
  expect(listed).toHaveLength(names.length);

  const own = listed.filter(([row]) => row.endsWith("| tenant |")).map(([, name = ""]) => name);
  expect(new Set(own.map((name) => name.split(".")[0]))).toEqual(new Set(ownSettings));

  for (const plan of ["free", "pro", "enterprise"]) {
    const { limits } = parseSettings({ plan }, "acme");
    const granted = [limits.messagesPerDay, limits.messagesPerMinute, limits.concurrentConnections];
    const row = granted.map((number) => number.toLocaleString("en-US")).join(" | ");
    expect(page).toContain(`| \`${plan}\` | ${row} |`);
  }
});
