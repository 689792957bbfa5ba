import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, rm, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTestFolder } from "../support/test-folder.ts";

const script = fileURLToPath(new URL("../../scripts/prepare.js", import.meta.url));
let project: string;

beforeEach(async () => {
  project = await makeTestFolder("prepare");
  await mkdir(join(project, "scripts"));
  await copyFile(script, join(project, "scripts", "prepare.js"));
  await writeFile(join(project, "package.json"), `{ "type": "module" }`);
  await writeFile(join(project, "package-lock.json"), "{}");
  await writeNpm({});
});

afterEach(() => rm(project, { recursive: true }));

/** Writes an npm that notes its arguments and does as `npm ci`, with code run before and after. */
async function writeNpm(code: { before?: string; after?: string }): Promise<void> {
  await writeFile(
    join(project, "npm-cli.js"),
    `import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
     appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
     ${code.before ?? ""}
     rmSync("node_modules", { recursive: true, force: true });
     mkdirSync("node_modules/.bin", { recursive: true });
     ${code.after ?? ""}`,
  );
}

/** Code for an npm that installs a `node` which runs these shell lines. */
const installNode = (lines: string): string =>
  `writeFileSync("node_modules/.bin/node", ${JSON.stringify(lines)});
   chmodSync("node_modules/.bin/node", 0o755);`;

function startPrepare(): ReturnType<typeof spawn> {
  const env = { ...process.env, npm_execpath: join(project, "npm-cli.js") };
  return spawn(process.execPath, ["scripts/prepare.js"], { cwd: project, env });
}

async function runPrepare(): Promise<{ code: number | null; output: string }> {
  const child = startPrepare();
  let output = "";
  const collect = (text: Buffer): void => void (output += text.toString());
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  await once(child, "close");
  return { code: child.exitCode, output };
}

async function countNpmCalls(): Promise<number> {
  return (await readFile(join(project, "npm-calls"), "utf8")).trim().split("\n").length;
}

const listModules = (): Promise<string[]> => readdir(join(project, "node_modules"));

test("the first run installs with npm ci, optional and development packages included", async () => {
  const { code, output } = await runPrepare();

  expect(code).toBe(0);
  expect(output).toContain("Installing dependencies (first run, about a minute) …");
  const call = await readFile(join(project, "npm-calls"), "utf8");
  expect(call).toMatch(/^ci .*--include=dev .*--include=optional/);
});

test("a run with nothing changed installs nothing and says nothing", async () => {
  await runPrepare();

  expect(await runPrepare()).toEqual({ code: 0, output: "" });
  expect(await countNpmCalls()).toBe(1);
});

test.each(["package-lock.json", "package.json"])("a changed %s installs again", async (file) => {
  await runPrepare();
  await writeFile(join(project, file), `{ "type": "module", "version": "2.0.0" }`);

  const { code, output } = await runPrepare();

  expect(code).toBe(0);
  expect(output).toContain("Installing dependencies");
  expect(await countNpmCalls()).toBe(2);
});

test("a removed node_modules is installed again", async () => {
  await runPrepare();
  await rm(join(project, "node_modules"), { recursive: true });

  expect((await runPrepare()).code).toBe(0);
  expect(await countNpmCalls()).toBe(2);
});

test("a failing npm ci gives its code, a clear message and no stamp, and the next run tries again", async () => {
  await runPrepare();
  await writeFile(join(project, "package-lock.json"), `{ "changed": true }`);
  await writeNpm({ before: "process.exit(7);" });

  const { code, output } = await runPrepare();

  expect(code).toBe(1);
  expect(output).toContain("npm ci ended with code 7");
  expect(await listModules()).not.toContain(".miptech-stamp");
  await writeNpm({});
  expect((await runPrepare()).code).toBe(0);
  expect(await countNpmCalls()).toBe(3);
});

test("a run killed in the middle of npm ci leaves no stamp, and the next run installs again", async () => {
  await runPrepare();
  await writeFile(join(project, "package-lock.json"), `{ "changed": true }`);
  await writeNpm({
    before: `writeFileSync("npm-pid.new", String(process.pid));
      renameSync("npm-pid.new", "npm-pid");
      await new Promise(() => setInterval(() => {}, 1000));`,
  });
  const events = watch(project);
  const killed = startPrepare();
  for await (const { filename } of events) if (filename === "npm-pid") break;
  const closed = once(killed, "close");
  killed.kill("SIGKILL");
  process.kill(Number(await readFile(join(project, "npm-pid"), "utf8")), "SIGKILL");
  await closed;
  expect(await listModules()).not.toContain(".miptech-stamp");

  await writeNpm({});
  expect((await runPrepare()).code).toBe(0);
  expect(await countNpmCalls()).toBe(3);
});

test("a node that is too old for the platform is named, and the run fails", async () => {
  await writeNpm({ after: installNode("#!/bin/sh\necho v20.20.2\n") });

  const { code, output } = await runPrepare();

  expect(code).toBe(1);
  expect(output).toMatch(/Node 24 or newer is needed.*20\.20\.2/);
});

test("an installed node that does not run here gives way to the machine's own", async () => {
  await writeNpm({ after: installNode("#!/no/such/loader\n") });

  expect(await runPrepare()).toMatchObject({ code: 0 });
  expect(await readdir(join(project, "node_modules", ".bin"))).toEqual([]);
});
