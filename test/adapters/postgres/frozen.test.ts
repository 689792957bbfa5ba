import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tenant } from "../../../api/core/tenant.ts";
import { hourMs, saveNew } from "../../contracts/store-fixtures.ts";
import { openTestPostgres, type OpenedPostgres } from "../../support/open-postgres.ts";

let opened: OpenedPostgres;
let tenant: Tenant;
let watcher: Client;

beforeAll(async () => {
  opened = await openTestPostgres({ isShared: true, poolSize: 2 });
  tenant = await opened.addTenant("demo");
  await opened.postgres.leases.register("living", hourMs);
  watcher = new Client({ connectionString: opened.database.adminUrl });
  await watcher.connect();
});

afterAll(async () => {
  await watcher?.end();
  await opened?.close();
});

async function saveOf(owner: string) {
  const { leases, turns, chats } = opened.postgres;
  await leases.register(owner, 0);
  await leases.noteTenant(owner, tenant.id);
  const store = { ...chats, ...turns };
  return saveNew({ store, tenant, otherTenant: tenant, close: opened.close }, { owner });
}

test(
  "a process that is frozen in the middle of a transaction keeps nobody from its turns",
  { timeout: 60_000 },
  async () => {
    const { leases, turns } = opened.postgres;
    const { answer } = await saveOf("frozen");
    const program = join(import.meta.dirname, "frozen-process.ts");
    const child = fork(program, [opened.database.url, "frozen", answer.id], { execArgv: [] });
    try {
      expect(await once(child, "message")).toEqual(["holding", undefined]);
      child.kill("SIGSTOP");
      expect(await leases.claimExpired("living")).toEqual([]);
      expect(await turns.takeOver(tenant, answer.id, 1, "living")).toBe(true);
      const claim = () => leases.claimExpired("living");
      await expect.poll(claim, { timeout: 10_000, interval: 50 }).toEqual([tenant.id]);

      child.kill("SIGCONT");
      child.send("go on");
      const [outcome] = await once(child, "message");
      expect(outcome).toEqual({ outcome: "SERVICE_UNAVAILABLE", content: "" });
      expect(await once(child, "exit")).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  },
);

async function isAlive(pid: number): Promise<boolean> {
  const sql = "select from pg_stat_activity where pid = $1";
  return (await watcher.query(sql, [pid])).rowCount === 1;
}

test("sessions that are ended for idling give their places in the pool back", async () => {
  const { work, chats } = opened.postgres;
  for (let round = 0; round < 4; round += 1) {
    const idling = work(tenant, async (em) => {
      const [{ pid } = { pid: 0 }] = await em.execute<{ pid: number }[]>(
        `select pg_backend_pid() as pid, set_config('idle_in_transaction_session_timeout', '50', true)`,
      );
      await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
      await em.execute("select 1");
    });
    await expect(idling).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  }
  await expect(chats.findChat(tenant, "chat_nobody")).resolves.toBeUndefined();
});

test("each transaction has its limits, under the tenant's role", async () => {
  const { work } = opened.postgres;
  const show = `select current_setting('idle_in_transaction_session_timeout') as idle,
    current_setting('statement_timeout') as statement, current_user as role`;
  const [inside] = await work(tenant, (em) => em.execute<object[]>(show));
  expect(inside).toMatchObject({
    idle: "2s",
    statement: "25s",
    role: expect.stringMatching(/\/tenant_demo$/),
  });
});

test("a statement that takes too long ends, and may be tried again", async () => {
  const { work } = opened.postgres;
  const slow = work(tenant, async (em) => {
    await em.execute("set local statement_timeout = 20");
    await em.execute("select pg_sleep(10)");
  });
  await expect(slow).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  await expect(work(tenant, (em) => em.execute("select 1"))).resolves.toHaveLength(1);
});
