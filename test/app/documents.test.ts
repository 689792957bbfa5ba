import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ingestDocs, seedTenants } from "../../scripts/knowledge.ts";
import { runMiptech } from "../support/miptech.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

let platform: Platform;
let folder: string;

beforeAll(async () => {
  platform = await startPlatform();
  folder = await mkdtemp(join(tmpdir(), "documents-"));
});

afterAll(async () => {
  await platform?.close();
  await rm(folder, { recursive: true });
});

/** A way for an admin to bring and to remove the document `handbook.md`. */
interface Door {
  put(tenantId: string, text: string): Promise<string>;
  remove(tenantId: string): Promise<void>;
}

async function admin(tenantId: string, path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers);
  headers.set("X-Tenant-ID", tenantId);
  headers.set("X-Admin-Token", adminToken);
  const response = await fetch(`${platform.url}/api/v1/admin${path}`, { ...init, headers });
  expect(response.ok, `${path}: ${response.status}`).toBe(true);
  return response.status === 204 ? undefined : await response.json();
}

function asJson(body: object) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

async function findId(tenantId: string): Promise<string> {
  const page = (await admin(tenantId, "/documents?source=handbook.md")) as {
    items: { id: string }[];
  };
  return page.items[0]?.id ?? "";
}

const doors: Record<string, Door> = {
  "REST with JSON": {
    async put(tenantId, content) {
      const put = await admin(tenantId, "/documents", asJson({ source: "handbook.md", content }));
      return (put as { status: string }).status;
    },
    async remove(tenantId) {
      await admin(tenantId, `/documents/${await findId(tenantId)}`, { method: "DELETE" });
    },
  },
  "REST with a text": {
    async put(tenantId, body) {
      const headers = { "Content-Type": "text/markdown" };
      const init = { method: "POST", headers, body };
      const put = await admin(tenantId, "/documents?source=handbook.md", init);
      return (put as { status: string }).status;
    },
    async remove(tenantId) {
      await admin(tenantId, `/documents/${await findId(tenantId)}`, { method: "DELETE" });
    },
  },
  "the command": {
    async put(tenantId, text) {
      await writeFile(join(folder, "handbook.md"), text);
      const args = ["documents", "add", "--tenant", tenantId, folder];
      const { code, out } = await runMiptech(args, { url: platform.url });
      expect(code, out).toBe(0);
      return out.split(" ", 1)[0] ?? "";
    },
    async remove(tenantId) {
      const args = ["documents", "delete", "--tenant", tenantId, "handbook.md"];
      expect((await runMiptech(args, { url: platform.url })).code).toBe(0);
    },
  },
};

interface Answer {
  content: string;
  sources: { document_id: string; title: string; excerpt: string; start: number; end: number }[];
}

/** Asks in a new chat. */
async function ask(tenantId: string, content: string): Promise<Answer> {
  const call = async (path: string, body: object) => {
    const init = asJson(body);
    const headers = { ...init.headers, "X-Tenant-ID": tenantId };
    return (await fetch(`${platform.url}/api/v1/chat${path}`, { ...init, headers })).json();
  };
  const { id } = (await call("", {})) as { id: string };
  return ((await call(`/${id}/messages`, { content })) as { reply: Answer }).reply;
}

const question = "How many days of holidays do employees have?";
const handbook = (days: string) =>
  `# Employee handbook\n\n## Holidays\n\nEmployees have ${days} days of holidays a year 🌴.\n`;

describe.each(Object.entries(doors))("a document brought through %s", (name, door) => {
  const tenantId = name.toLowerCase().replaceAll(" ", "-");

  test("is cited at once, in its new text after it was replaced, and never after it was deleted", async () => {
    await insertTenant(platform, tenantId);
    expect((await ask(tenantId, question)).sources).toEqual([]);

    const text = handbook("twenty-five");
    expect(await door.put(tenantId, text)).toBe("created");
    const first = await ask(tenantId, question);
    const excerpt = "Employees have twenty-five days of holidays a year 🌴.";
    expect(first.content).toContain(excerpt);
    expect(first.sources).toMatchObject([{ title: "Employee handbook", excerpt }]);
    const { document_id, start, end } = first.sources[0] ?? expect.unreachable();
    expect(text.slice(start, end)).toBe(excerpt);
    expect(document_id).toBe(await findId(tenantId));
    expect(await door.put(tenantId, text)).toBe("unchanged");

    expect(await door.put(tenantId, handbook("thirty"))).toBe("replaced");
    const second = await ask(tenantId, question);
    expect(second.content).toContain("thirty days");
    expect(JSON.stringify(second)).not.toContain("twenty-five");
    expect(second.sources[0]?.document_id).toBe(document_id);

    await door.remove(tenantId);
    const third = await ask(tenantId, question);
    expect(third.sources).toEqual([]);
    expect(third.content).not.toContain("thirty");
    expect(first.content).toContain("twenty-five");
  });
});

test("a turn that starts the moment a document is deleted doesn't cite it", async () => {
  await insertTenant(platform, "moment");
  const door = doors["REST with JSON"] ?? expect.unreachable();
  const client = await openWs(platform.wsUrl, { tenant_id: "moment" });
  for (let round = 0; round < 5; round += 1) {
    await door.put("moment", handbook("forty"));
    client.send("chat_message", { message: question });
    const cited = await client.until("response_complete");
    expect(cited.data.sources).toHaveLength(1);
    await door.remove("moment");
    client.send("chat_message", { message: question });
    const { data } = await client.until("response_complete");
    expect(data.sources).toEqual([]);
  }
  await client.close();
});

test("questions asked while a document is replaced are answered from one whole text or the other", async () => {
  await insertTenant(platform, "replacing");
  const door = doors["REST with JSON"] ?? expect.unreachable();
  await door.put("replacing", handbook("fifty"));
  const puts = ["sixty", "fifty", "sixty", "fifty"].map((days) =>
    door.put("replacing", handbook(days)),
  );
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask("replacing", question)));
  await Promise.all(puts);
  for (const { content, sources } of answers) {
    expect(content).toMatch(/(fifty|sixty) days/);
    expect(sources).toHaveLength(1);
  }
});

test("what one tenant brought is neither shown to another nor cited for it", async () => {
  await insertTenant(platform, "ours");
  await insertTenant(platform, "theirs");
  const door = doors["REST with JSON"] ?? expect.unreachable();
  await door.put("ours", handbook("seventy"));
  const id = await findId("ours");
  expect(await admin("theirs", "/documents")).toEqual({ items: [], next: null });
  expect((await ask("theirs", question)).sources).toEqual([]);
  const headers = { "X-Tenant-ID": "theirs", "X-Admin-Token": adminToken };
  for (const method of ["GET", "DELETE"]) {
    const init = { method, headers };
    const response = await fetch(`${platform.url}/api/v1/admin/documents/${id}`, init);
    expect(response.status).toBe(404);
  }
  await door.put("theirs", handbook("eighty"));
  await door.remove("theirs");
  expect((await ask("ours", question)).content).toContain("seventy days");
});

test("the documents that the platform keeps for itself can't be overwritten", async () => {
  await seedTenants(".", platform.database.url);
  await ingestDocs(".", platform.app);
  const page = (await admin("demo", "/documents?limit=100")) as { items: { source: string }[] };
  expect(page.items.length).toBeGreaterThan(5);
  for (const { source } of page.items) {
    const init = asJson({ source, content: "Overwritten" });
    const headers = { ...init.headers, "X-Tenant-ID": "demo", "X-Admin-Token": adminToken };
    const address = `${platform.url}/api/v1/admin/documents`;
    const response = await fetch(address, { ...init, headers });
    const { error } = (await response.json()) as { error: { code: string } };
    expect([response.status, error.code], source).toEqual([409, "SOURCE_RESERVED"]);
  }
});

test("usage adds up what the tenant's turns have left", async () => {
  await insertTenant(platform, "counted");
  for (let turn = 0; turn < 3; turn += 1) await ask("counted", question);
  const usage = (await admin("counted", "/usage")) as {
    total: Record<string, number>;
    days: object[];
  };
  expect(usage.total).toMatchObject({ turns: 3, failed_turns: 0, cost_estimate: 0 });
  expect(usage.total.total_tokens).toBeGreaterThan(0);
  expect(usage.days.length).toBeGreaterThan(0);
  const nobody = (await admin("theirs", "/usage?from=2026-01-01&to=2026-01-31")) as object;
  expect(nobody).toMatchObject({ total: { turns: 0 }, days: [] });
});
