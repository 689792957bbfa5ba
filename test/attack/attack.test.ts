import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, startPlatform, type Platform } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");

/** What the command prints, and how it ends. */
function attack(
  args: readonly string[],
): Promise<{ readonly code: unknown; readonly output: string }> {
  const env = { ...process.env, ADMIN_TOKEN: adminToken };
  const command = [join(root, "test/attack/run.ts"), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

let platform: Platform;
beforeAll(async () => {
  // Where all requests come from one address, what is refused is soon limited; so they tell others.
  const env = { RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "loopback" };
  platform = await startPlatform({ env });
});
afterAll(() => platform.close());

async function readCommands(): Promise<string[][]> {
  const text = await readFile(join(root, "docs/attack.md"), "utf8");
  return [...text.matchAll(/^npm run attack -- (.+)$/gm)].map(([, options = ""]) =>
    options.split(" "),
  );
}

test(
  "the command of docs/attack.md finds nothing at this server, and covers all that it has",
  { timeout: 240_000 },
  async () => {
    const [quick = []] = await readCommands();
    expect(quick).toContain("--quick");
    const args = quick.map((word) => (word.startsWith("http:") ? platform.url : word));
    const { code, output } = await attack(args);
    expect(code, output).toBe(0);
    expect(output).toContain("leak 0, allowed 0, difference 0, changed 0, failure 0, uncovered 0");
    const [, covered, all] = /operations covered (\d+) of (\d+)[, ]/.exec(output) ?? [];
    expect(covered).toBe(all);
    // Else it was no trial.
    expect(Number(all)).toBeGreaterThan(80);
    expect(Number(/, counted (\d+),/.exec(output)?.[1])).toBeGreaterThan(1000);
    const tenants = () =>
      platform.sql("select id from tenants where id ~ '^attack-.*(-[va]|-spare-.*)$'");
    await expect.poll(tenants, { timeout: 60_000 }).toEqual([]);
    const receipts = await platform.sql(
      "select state from erasures where kind = 'tenant' and subject_id like 'attack-%'",
    );
    expect(receipts.length).toBeGreaterThanOrEqual(2);
  },
);

test("the other commands of docs/attack.md are understood", async () => {
  const commands = await readCommands();
  expect(commands.length).toBeGreaterThan(2);
  for (const options of commands) {
    const { code, output } = await attack([...options, "--help"]);
    expect(code).toBe(0);
    expect(output).toContain("Usage: npm run attack");
  }
});
