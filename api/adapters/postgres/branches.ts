import type { EntityManager } from "@mikro-orm/postgresql";
import { onlyVariant, type Message, type ShownMessage, type Variants } from "../../core/message.ts";
import type { ChosenBranch } from "../../core/ports.ts";
import type { BranchPlace } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { fill, type RawRow } from "./at-once.ts";
import { noteChange } from "./chat-changes.ts";
import { toMessage } from "./messages.ts";
import { query } from "./raw-query.ts";
import { messageColumns, readMessage } from "./raw-rows.ts";
import { MessageRow } from "./tenant-entities.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** The stored `parent_id` of what follows that message; null: of what begins the chat. */
export function parentOf({ chatId, parentId }: BranchPlace): string {
  return parentId ?? chatId;
}

/** The messages before a place, the newest `limit` of them, oldest first: the way up, whatever is shown. */
export async function listAbove(
  work: TenantWork,
  tenant: Tenant,
  { parentId }: BranchPlace,
  limit: number,
): Promise<Message[]> {
  if (parentId === null || limit < 1) return [];
  const sql = fill(aboveSql(quotedSchema(tenant)), [parentId, limit]);
  const read = await work.atOnce(tenant, [sql]);
  const rows = read?.[0] ?? (await work(tenant, (em) => em.execute<RawRow[]>(sql)));
  return rows.map(readMessage);
}

const aboveSql = (schema: string) => `
  with recursive above as (
    select id, parent_id, 1 as step from ${schema}.chat_messages where id = ?
    union all
    select next.id, next.parent_id, above.step + 1
    from above join ${schema}.chat_messages next on next.id = above.parent_id where above.step < ?::int
  )
  select ${messageColumns} from ${schema}.chat_messages where id in (select id from above) order by seq`;

/**
 * Makes a place the end of what is shown, so that what follows it is shown next. To be called with the chat's row
 * locked. Touches nothing before the fork.
 */
export async function showUpTo(
  em: EntityManager,
  tenant: Tenant,
  { chatId, parentId }: BranchPlace,
): Promise<void> {
  const schema = quotedSchema(tenant);
  const fork = await findFork(em, schema, parentId);
  await show(em, schema, chatId, fork, fork.hidden);
  await noteChange(em, tenant, chatId, "branch", fork.id);
}

/** As ChatStore.chooseBranch. */
export async function chooseBranch(
  em: EntityManager,
  tenant: Tenant,
  messageId: string,
): Promise<ChosenBranch | undefined> {
  const schema = quotedSchema(tenant);
  // The chat first, as whoever saves or deletes locks it.
  const [chat] = await query<{ id: string }>(em, lockSql(schema), [messageId]);
  const message = chat && (await em.findOne(MessageRow, { id: messageId }));
  if (!message) return undefined;
  const { chatId } = message;
  if (message.chosen) return { chatId, forkId: toMessage(message).parentId, changed: false };
  const fork = await findFork(em, schema, messageId);
  const below = await query<{ id: string }>(em, belowSql(schema), [messageId]);
  await show(em, schema, chatId, fork, [...fork.hidden, ...below.map(({ id }) => id)]);
  await noteChange(em, tenant, chatId, "branch", fork.id);
  return { chatId, forkId: fork.id, changed: true };
}

const lockSql = (schema: string) => `
  select id from ${schema}.chats
  where id = (select chat_id from ${schema}.chat_messages where id = $1) for update`;

/** Where the way up meets what is shown. */
interface ForkPlace {
  /** Null: nowhere before the chat's start. */
  readonly id: string | null;
  readonly seq: number;
  /** What isn't shown of the way. */
  readonly hidden: readonly string[];
}

async function findFork(
  em: EntityManager,
  schema: string,
  messageId: string | null,
): Promise<ForkPlace> {
  if (messageId === null) return { id: null, seq: 0, hidden: [] };
  const way = await query<{ id: string; seq: string; chosen: boolean }>(em, forkSql(schema), [
    messageId,
  ]);
  const shown = way.find(({ chosen }) => chosen);
  const hidden = way.filter(({ chosen }) => !chosen).map(({ id }) => id);
  return { id: shown?.id ?? null, seq: Number(shown?.seq ?? 0), hidden };
}

const forkSql = (schema: string) => `
  with recursive way as (
    select id, parent_id, seq, chosen from ${schema}.chat_messages where id = $1
    union all
    select next.id, next.parent_id, next.seq, next.chosen
    from way join ${schema}.chat_messages next on next.id = way.parent_id where not way.chosen
  )
  select id, seq, chosen from way`;

/** What was answered or asked last at each step. */
const belowSql = (schema: string) => `
  with recursive below as (
    select $1::text as id
    union all
    select next.id from below cross join lateral (
      select id from ${schema}.chat_messages where parent_id = below.id order by seq desc limit 1
    ) next
  )
  select id from below`;

async function show(
  em: EntityManager,
  schema: string,
  chatId: string,
  fork: ForkPlace,
  ids: readonly string[],
): Promise<void> {
  // What is shown is one way down, so all that is younger than the fork stands below it.
  const hide = `update ${schema}.chat_messages set chosen = false where chat_id = $1 and chosen and seq > $2::bigint`;
  await query(em, hide, [chatId, fork.seq]);
  if (ids.length === 0) return;
  const choose = `update ${schema}.chat_messages set chosen = true where id = any ($1::text[])`;
  await query(em, choose, [arrayLiteral([...ids])]);
}

/** As ChatStore.findVariants. */
export async function findVariants(
  em: EntityManager,
  tenant: Tenant,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Variants>> {
  if (ids.length === 0) return new Map();
  const sql = variantsSql(quotedSchema(tenant));
  const rows = await query<Variants & { id: string }>(em, sql, [arrayLiteral([...ids])]);
  return new Map(rows.map(({ id, ...variants }) => [id, variants]));
}

/** Each place is read once, however many of its messages are asked for. */
const variantsSql = (schema: string) => `
  select * from (
    select id, (row_number() over place)::int as index, (count(*) over (partition by parent_id))::int as count,
      lag(id) over place as "previousId", lead(id) over place as "nextId"
    from ${schema}.chat_messages
    where parent_id in (select parent_id from ${schema}.chat_messages where id = any ($1::text[]))
    window place as (partition by parent_id order by seq)
  ) message where id = any ($1::text[])`;

/** The messages of these rows with their places. */
export async function toShown(
  em: EntityManager,
  tenant: Tenant,
  rows: readonly MessageRow[],
): Promise<ShownMessage[]> {
  const ids = rows.map(({ id }) => id);
  const variants = await findVariants(em, tenant, ids);
  return rows.map((row) => ({
    ...toMessage(row),
    variants: variants.get(row.id) ?? onlyVariant,
  }));
}
