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

test("the SQL of docs/tenants.md crosses off vectors that were given up: what waited for them is done then", async () => {
  const crossOff = blocks("sql").at(-1) ?? "";
  expect(crossOff).toContain("public.places");
  await platform.sql("insert into tenants (id, name) values ('given-up', 'Given up')");
  const headers = { "X-Admin-Token": adminToken, "X-Tenant-ID": "given-up" };
  const call = (method: string, path: string, body?: string) =>
    fetch(`${platform.url}${admin}${path}`, {
      method,
      headers: { ...headers, "Content-Type": "application/json" },
      ...(body ? { body } : {}),
    });
  // As a server with vectors has left it, which is gone with its index.
  await platform.sql("insert into public.places (name) values ('vectors')");
  try {
    const put = await call(
      "POST",
      "/documents",
      '{"source": "a.md", "content": "Wombats burrow."}',
    );
    const { id } = (await put.json()) as { id: string };
    await platform.adminSql("update tenant_given_up.document_versions set vectors = 1");
    const gone = await call("DELETE", `/documents/${id}`);
    const receipt = `/erasures/${gone.headers.get("X-Erasure-Receipt")}`;
    const read = async () => (await call("GET", receipt)).json() as Promise<object>;
    await expect
      .poll(read, { timeout: 10_000 })
      .toMatchObject({ state: "pending", waits_for: expect.stringContaining("Vectors") });
    await platform.sql(crossOff);
    await call("POST", `${receipt}/check`);
    await expect
      .poll(read, { timeout: 10_000 })
      .toMatchObject({ state: "complete", waits_for: null });
    expect(await (await call("POST", `${receipt}/check`)).json()).toMatchObject({
      result: "clean",
    });
  } finally {
    await platform.adminSql("delete from public.places where name = 'vectors'");
  }
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
