import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../../../api/core/ids.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import {
  findUnfinished,
  hourMs,
  makeFirstTurn,
  makeTurn,
  saveNew,
} from "../../contracts/store-fixtures.ts";
import { openTestPostgres, type OpenedPostgres } from "../../support/open-postgres.ts";

// What the contract meets by chance, one step after another.

let opened: OpenedPostgres;
let tenant: Tenant;
let other: Client;
/** Of its own: within a transaction the same picture of the sessions is shown again and again. */
let watcher: Client;
const unavailable = { code: "SERVICE_UNAVAILABLE" };

beforeAll(async () => {
  opened = await openTestPostgres();
  tenant = await opened.addTenant("demo");
  other = new Client({ connectionString: opened.database.adminUrl });
  watcher = new Client({ connectionString: opened.database.adminUrl });
  await Promise.all([other.connect(), watcher.connect()]);
});

afterAll(async () => {
  await watcher?.end();
  await other?.end();
  await opened?.close();
});

async function begin(leaseMs = hourMs): Promise<string> {
  const { leases } = opened.postgres;
  const process = newId("client");
  await leases.register(process, leaseMs);
  await leases.noteTenant(process, tenant.id);
  return process;
}

const store = () => ({ ...opened.postgres.chats, ...opened.postgres.turns });
const harness = () => ({ store: store(), tenant, otherTenant: tenant, close: opened.close });

/** How many sessions wait for a lock, of a row or one that is asked for by name. */
async function countWaiting(kind: "row" | "advisory"): Promise<number> {
  const { rows } = await watcher.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and wait_event = any ($1)`,
    [kind === "row" ? ["transactionid", "tuple"] : ["advisory"]],
  );
  return rows[0]?.count ?? 0;
}

test("a process in the middle of a save is claimed after it, and what it saved is seen", async () => {
  const { leases, turns, work } = opened.postgres;
  const [dying, heir] = [await begin(0), await begin()];
  const owned = await saveNew(harness(), { owner: dying });
  await work(tenant, async (em) => {
    await em.execute("select public.holds_lease(?)", [dying]);
    expect(await leases.claimExpired(heir)).toEqual([]);
    expect(await leases.listProcesses()).toContain(dying);
  });
  expect(await leases.claimExpired(heir)).toEqual([tenant.id]);
  expect(await leases.listProcesses()).not.toContain(dying);
  const unfinished = await turns.listUnfinished(tenant);
  expect(unfinished.map(({ answer }) => answer.id)).toContain(owned.answer.id);
});

test("a save or takeover that comes while its process is being claimed is refused", async () => {
  const { leases, turns } = opened.postgres;
  const [dying, orphan] = [await begin(), await saveNew(harness(), { owner: await begin() })];
  await other.query("begin");
  await other.query("delete from processes where id = $1", [dying]);
  const turn = makeFirstTurn({ owner: dying });
  const late = [
    turns.saveTurn(tenant, turn),
    turns.takeOver(tenant, orphan.answer.id, 1, dying),
    leases.noteTenant(dying, "another"),
  ];
  const settled = Promise.allSettled(late);
  await expect.poll(() => countWaiting("row")).toBe(3);
  await other.query("commit");
  expect((await settled).map(({ status }) => status)).toEqual(late.map(() => "rejected"));
  for (const one of late) await expect(one).rejects.toMatchObject(unavailable);
  expect(await turns.findTurn(tenant, turn.answerId)).toBeUndefined();
  expect(await findUnfinished(harness(), orphan.answer.id)).toMatchObject({ crashes: 0 });
});

test("who looks for the turn of a save under way learns how the save ends", async () => {
  const { turns } = opened.postgres;
  const { question } = await saveNew(harness(), { owner: await begin() });
  for (const outcome of ["saved", "refused"] as const) {
    await other.query("begin");
    await other.query("select from tenant_demo.chats where id = $1 for update", [question.chatId]);
    if (outcome === "refused")
      await other.query("delete from tenant_demo.chats where id = $1", [question.chatId]);
    const turn = makeTurn(question.chatId, { owner: await begin() });
    const saving = turns.saveTurn(tenant, turn).then(
      () => "saved",
      () => "refused",
    );
    await expect.poll(() => countWaiting("row")).toBe(1);
    const finding = turns.findTurn(tenant, turn.answerId);
    await expect.poll(() => countWaiting("advisory")).toBe(1);
    await other.query("commit");
    expect(await saving).toBe(outcome);
    const found = await finding;
    expect(found?.answer.id).toBe(outcome === "saved" ? turn.answerId : undefined);
  }
});
