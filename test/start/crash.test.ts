import { existsSync } from "node:fs";
import { join } from "node:path";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProgram, type Program } from "../support/program.ts";
import { makeTestFolder } from "../support/test-folder.ts";
import { assemble, openWs } from "../support/ws-client.ts";

let dataDir: string;
const programs: Program[] = [];

beforeEach(async () => {
  dataDir = await makeTestFolder("start");
});

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.child.kill("SIGINT");
    await program.ended;
  }
  await rm(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): Program {
  const program = startProgram(dataDir, env);
  programs.push(program);
  return program;
}

async function apiOf(program: Program): Promise<string> {
  return (await program.waitFor(/🚀 Starting MIPTech server on (http:\S+)/))[1] ?? "";
}

test(
  "it starts with nothing set, answers from its own documentation, and ends cleanly",
  { timeout: 60_000 },
  async () => {
    const program = start({ EXTRACTIVE_PACE_MS: "0" });
    const api = await apiOf(program);
    await program.waitFor(/PGPASSWORD=miptech123 psql -h localhost -p \d+ -U miptech -d miptech/);
    expect(program.output()).toMatch(/✅ Database connected/);
    const client = await openWs(`${api.replace("http", "ws")}/api/v1/ws/chat`, {
      tenant_id: "miptech-company",
    });
    client.send("chat_message", { message: "How do I embed the widget?" });
    const { data } = await client.until("response_complete");
    expect(data.sources.length).toBeGreaterThan(0);
    expect(assemble(client.frames, data.message_id).text).toContain("<miptech-chat");

    const second = startProgram(dataDir);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/in use by another run of the platform/);

    program.child.kill("SIGINT");
    expect(await program.ended).toBe(0);
    expect(await client.closed).toBe(1012);
    expect(existsSync(join(dataDir, "postgres/postmaster.pid"))).toBe(false);
  },
);

test(
  "killed in the middle of a turn and started again, the turn is answered again",
  { timeout: 60_000 },
  async () => {
    const first = start({ EXTRACTIVE_PACE_MS: "100" });
    const api = await apiOf(first);
    const client = await openWs(`${api.replace("http", "ws")}/api/v1/ws/chat`, {
      tenant_id: "demo",
    });
    client.send("chat_message", { message: "How do I embed the widget?" });
    await client.until("response_chunk");
    const { data } = await client.until("response_chunk");
    const seen = [...client.frames];
    first.child.kill("SIGKILL");
    await first.ended;

    const second = start({ EXTRACTIVE_PACE_MS: "0" });
    const newApi = await apiOf(second);
    const again = await openWs(`${newApi.replace("http", "ws")}/api/v1/ws/chat`, {
      tenant_id: "demo",
    });
    again.send("resume", { message_id: data.message_id, cursor: data.cursor });
    const complete = await again.until("response_complete");
    expect(complete.data.attempt).toBe(2);
    const { text } = assemble([...seen, ...again.frames], data.message_id);
    const response = await fetch(`${newApi}/api/v1/chat/${data.chat_id}/messages`, {
      headers: { "X-Tenant-ID": "demo" },
    });
    const { items } = (await response.json()) as { items: { content: string; status: string }[] };
    expect(items.map(({ status }) => status)).toEqual(["complete", "complete"]);
    expect(items[1]?.content).toBe(text);

    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
    expect(existsSync(join(dataDir, "postgres/postmaster.pid"))).toBe(false);
  },
);

test("a wrong configuration stops the start with every fault at once", async () => {
  const program = startProgram(dataDir, {
    PORT: "eighty",
    RATE_LIMIT_ENABLED: "maybe",
    TENANT_ISOLATION_ENABLED: "false",
  });
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(/PORT=eighty/);
  expect(program.output()).toMatch(/RATE_LIMIT_ENABLED=maybe/);
  expect(program.output()).toMatch(/isolation of tenants can't be switched off/);
});
