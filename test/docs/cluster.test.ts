import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

test("the commands of docs/cluster.md are there, and take the options that it gives them", async () => {
  const text = await readFile(join(root, "docs/cluster.md"), "utf8");
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const commands = [...text.matchAll(/^(?:[A-Z_]+=\S+ )?npm run (\S+)(?: -- (.+))?$/gm)];
  expect(commands.map(([, name]) => name)).toEqual([
    "cluster",
    "test:restarts",
    "test:connections",
  ]);
  for (const [, name = "", options = ""] of commands) {
    const [program, file = ""] = (scripts[name] ?? "").split(" ");
    expect(program).toBe("node");
    const args = [join(root, file), ...options.split(" ").filter(Boolean), "--help"];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).toContain(`Usage: npm run ${name}`);
  }
});
