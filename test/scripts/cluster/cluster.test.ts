import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProgram, type Program } from "../../support/program.ts";
import { makeTestFolder } from "../../support/test-folder.ts";
import { assemble, openWs } from "../../support/ws-client.ts";

let dataDir: string;
const programs: Program[] = [];

beforeEach(async () => {
  dataDir = await makeTestFolder("cluster");
});

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.child.kill("SIGINT");
    await program.ended;
  }
  await rm(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): Program {
  const program = startProgram(dataDir, env, "cluster.ts");
  programs.push(program);
  return program;
}

/** The processes that a program has told of and that live, each by its last pid. */
function listPids(program: Program): number[] {
  return [...program.output().matchAll(/process (\d+) on /g)].map(([, pid]) => Number(pid));
}

/** The API process that has a WebSocket connection. */
async function findServing(program: Program): Promise<number> {
  for (const [, pid, url] of program.output().matchAll(/API \d: process (\d+) on (\S+)/g)) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (/^miptech_websocket_connections 1$/m.test(metrics)) return Number(pid);
  }
  throw new Error("No process has a connection");
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test(
  "two processes serve one chat: one dies in the middle of an answer, and the answer goes on",
  { timeout: 120_000 },
  async () => {
    const program = start({ EXTRACTIVE_PACE_MS: "100" });
    const [, api = ""] = await program.waitFor(/Balancer +(http:\S+),/);
    const url = `${api.replace("http", "ws")}/api/v1/ws/chat`;
    const client = await openWs(url, { tenant_id: "demo" });
    client.send("chat_message", { message: "How do I embed the widget?" });
    const { data } = await client.until("response_chunk");

    process.kill(await findServing(program), "SIGKILL");
    expect(await client.closed).toBe(1006);
    const { message_id } = data;
    const { cursor } = assemble(client.frames, message_id);
    const again = await openWs(url, { tenant_id: "demo" });
    again.send("resume", { message_id, cursor });
    await again.until("response_complete");
    const { text, attempt } = assemble([...client.frames, ...again.frames], message_id);
    expect(attempt).toBe(2);
    expect(text).toContain("<miptech-chat");
    await again.close();

    program.child.kill("SIGINT");
    expect(await program.ended).toBe(0);
    expect(listPids(program).filter(isAlive)).toEqual([]);
    expect(existsSync(join(dataDir, "postgres/postmaster.pid"))).toBe(false);
  },
);

test("arguments that it doesn't take are refused, and --help tells what it does", async () => {
  const run = promisify(execFile);
  const script = join(import.meta.dirname, "../../../scripts/cluster.ts");
  const { stdout } = await run(process.execPath, [script, "--help"]);
  expect(stdout).toMatch(/^Usage: npm run cluster/);
  const refused = run(process.execPath, [script, "--processes", "3"]);
  await expect(refused).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("It takes no --processes"),
  });
});
