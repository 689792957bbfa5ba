import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runMiptech } from "../support/miptech.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";

const script = join(import.meta.dirname, "../../scripts/eval.ts");
const tenantId = "asked";
let platform: Platform;
let folder: string;

beforeAll(async () => {
  platform = await startPlatform();
  await insertTenant(platform, tenantId);
  folder = await mkdtemp(join(tmpdir(), "miptech-eval-"));
  const text = "# Shop\n\n## Returns\n\nGoods can be returned within thirty days.\n";
  await writeFile(join(folder, "shop.md"), text);
  const added = await runMiptech(["documents", "add", "--tenant", tenantId, "shop.md"], {
    url: platform.url,
    cwd: folder,
  });
  expect(added.code).toBe(0);
});
afterAll(async () => {
  await platform?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Asks the platform these questions by the command. */
async function evaluate(questions: readonly object[]) {
  const file = join(folder, "questions.jsonl");
  await writeFile(file, questions.map((one) => JSON.stringify(one)).join("\n"));
  const args = [script, "--tenant", tenantId, "--url", platform.url, "--verbose", file];
  const env = { PATH: process.env.PATH, ADMIN_TOKEN: adminToken };
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

test("the command asks the running server, tells how well it answered, and leaves no chat", async () => {
  const { code, out, err } = await evaluate([
    {
      id: "a",
      question: "Can goods be returned?",
      relevant: [{ source: "shop.md", heading: "Returns" }],
      answerable: true,
    },
    { id: "b", question: "Who painted the ceiling?", relevant: [], answerable: false },
  ]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^✓ answered +a .+\n✓ unanswered +b /);
  expect(out).toContain("nDCG@10 1.0000, recall@1 1.0000");
  expect(out).toMatch(/citing a right place +1 of 1 /);
  expect(out).toMatch(/not answerable: said so +1 of 1 /);
  expect(out).toMatch(/verified citations +1 of 1 /);
  expect(out).toMatch(/time to the whole answer +p50 \d+ ms, p95 \d+ ms/);
  const [left] = await platform.adminSql<{ count: string }>(
    `select count(*) from tenant_${tenantId}.chats`,
  );
  expect(left?.count).toBe("0");
});

test("the command asks nothing when a question names a document that the tenant hasn't", async () => {
  const relevant = [{ source: "gone.md" }];
  const asked = await evaluate([{ id: "a", question: "Why?", relevant, answerable: true }]);
  expect(asked).toMatchObject({ code: 1, out: "" });
  expect(asked.err).toBe("a: the tenant has no document gone.md\n");
});
