import type { EntityManager } from "@mikro-orm/postgresql";
import { tenantSchema } from "../../api/core/tenant.ts";
import { quotedSchema } from "../../api/adapters/postgres/tenant-work.ts";
import { makeChat, makeFirstTurn } from "../contracts/store-fixtures.ts";
import { markOf } from "./mark.ts";
import { turnOwner, type Scene } from "./scene.ts";
import { giveId } from "./tenant-rows.ts";

export const abortWeights = {
  "abort: work that throws": 3,
  "abort: signal before a query": 1,
  "abort: signal in a query": 2,
  "abort: connection killed": 2,
  "abort: statement error": 2,
  "abort: second insert of a turn fails": 2,
  "abort: process without lease": 1,
  "abort: other tenant's schema by name": 2,
} as const;

export type AbortKind = keyof typeof abortWeights;

class Abort extends Error {
  override name = "Abort";
}

/** Transactions that must end without a trace. Each rejects; whoever runs it sees to that. */
export const aborts: Readonly<Record<AbortKind, (scene: Scene) => Promise<unknown>>> = {
  "abort: work that throws": (scene) =>
    workThenFail(scene, () => {
      throw new Abort("The work was given up");
    }),
  "abort: signal before a query": (scene) =>
    workThenFail(scene, (em) => em.execute("select 1", [], { signal: AbortSignal.abort() })),
  "abort: signal in a query": (scene) => workThenFail(scene, abortQuery),
  "abort: connection killed": (scene) => workThenFail(scene, (em) => killConnection(scene, em)),
  "abort: statement error": (scene) =>
    workThenFail(scene, (em) => em.execute("select 1 / (select 0)")),
  "abort: second insert of a turn fails": ({ target, rows }) => {
    const id = giveId(rows, "msg");
    return saveStillborn({ target, rows }, { questionId: id, answerId: id, owner: turnOwner });
  },
  "abort: process without lease": (scene) => saveStillborn(scene, { owner: "nobody" }),
  "abort: other tenant's schema by name": trespass,
};

/** A transaction whose first statement has changed rows when it fails. */
function workThenFail(
  { target, rows, random }: Scene,
  fail: (em: EntityManager) => Promise<unknown>,
): Promise<unknown> {
  const sql = random.pick(firstStatements)(quotedSchema(rows.tenant));
  return target.work(rows.tenant, async (em) => {
    await em.execute(sql);
    await fail(em);
  });
}

const firstStatements: readonly ((schema: string) => string)[] = [
  (schema) => `update ${schema}.chats set title = 'an aborted title'`,
  (schema) => `update ${schema}.chat_messages set content = 'an aborted text'`,
  (schema) => `delete from ${schema}.documents`,
  (schema) => `insert into ${schema}.usage_days (day, messages) values ('1999-01-01', 1)`,
];

/** The query goes on in the database while its transaction is given up: the default of the ORM. */
async function abortQuery(em: EntityManager): Promise<void> {
  const controller = new AbortController();
  const query = em.execute("select pg_sleep(0.01)", [], { signal: controller.signal });
  setImmediate(() => controller.abort(new Abort("The caller has gone")));
  await query;
}

async function killConnection({ target }: Scene, em: EntityManager): Promise<void> {
  const [session] = await em.execute<{ pid: number }[]>("select pg_backend_pid() as pid");
  await target.terminate(session?.pid ?? 0);
  await em.execute("select 1");
}

function saveStillborn(
  { target, rows }: Pick<Scene, "target" | "rows">,
  fields: Parameters<typeof makeFirstTurn>[0],
): Promise<unknown> {
  const chat = makeChat({ id: giveId(rows, "chat"), title: "A chat that must not be" });
  const content = `An aborted question of ${markOf(rows.tenant.id)}`;
  return target.turns.saveTurn(rows.tenant, makeFirstTurn({ content, ...fields }, chat));
}

/** The second fence: the tenant's role may not read another's tables, whatever the statement names. */
async function trespass({ target, rows, other, findings }: Scene): Promise<void> {
  const sql = `select title from "${tenantSchema(other.tenant.id)}".chats`;
  const read = await target.work(rows.tenant, (em) => em.execute(sql));
  findings.compare(rows.tenant.id, "other tenant's schema by name", read, "a refusal");
}
