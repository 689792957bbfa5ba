import type { EntityManager } from "@mikro-orm/postgresql";
import {
  droppedAtOnce,
  keptChanges,
  type ChangeKind,
  type ChatChange,
  type ChatLook,
} from "../../core/turns/chat-changes.ts";
import type { Tenant } from "../../core/tenant.ts";
import { toChat, toMessage, unfinishedAnswers } from "./messages.ts";
import { query } from "./raw-query.ts";
import { ChatRow, MessageRow } from "./tenant-entities.ts";
import { quotedSchema } from "./tenant-work.ts";

/**
 * Notes a change of a chat for those who follow it, in the transaction that makes it, and locks the chat's row: call
 * it before a message's row is changed, since those who delete a chat lock in that order too.
 * @param messageId as ChatChange.messageId @param updatedAt of the chat; left out: stays
 * @returns false where there is no such chat.
 */
export async function noteChange(
  em: EntityManager,
  tenant: Tenant,
  chatId: string,
  kind: ChangeKind,
  messageId: string | null,
  updatedAt?: Date,
): Promise<boolean> {
  const values = [chatId, kind, messageId, updatedAt?.toISOString() ?? null];
  return (await query(em, noteSql(quotedSchema(tenant), "$1"), values)).length > 0;
}

/** The same for the message of that id. @returns false where there is none. */
export async function noteMessage(
  em: EntityManager,
  tenant: Tenant,
  messageId: string,
): Promise<boolean> {
  const schema = quotedSchema(tenant);
  const chatId = `(select chat_id from ${schema}.chat_messages where id = $1)`;
  const rows = await query(em, noteSql(schema, chatId), [messageId, "message", messageId, null]);
  return rows.length > 0;
}

/** One statement: a turn is noted twice. @param chatId an expression, which may use $1 */
const noteSql = (schema: string, chatId: string) => `
  with noted as (
    update ${schema}.chats set revision = revision + 1, updated_at = coalesce($4::timestamptz, updated_at)
    where id = ${chatId} returning id, revision
  ), dropped as (
    delete from ${schema}.chat_changes old using noted
    where noted.revision % ${droppedAtOnce} = 0
      and old.chat_id = noted.id and old.revision <= noted.revision - ${keptChanges}
  )
  insert into ${schema}.chat_changes (chat_id, revision, kind, message_id)
  select id, revision, $2::text, $3::text from noted returning revision`;

/** As ChatStore.lookForChanges. */
export async function lookForChanges(
  em: EntityManager,
  tenant: Tenant,
  chatId: string,
  after: number | undefined,
  limit: number,
): Promise<ChatLook | undefined> {
  // First: of what is under way by now, the saving stands in the changes. Not kept, since it may be read again below.
  const [first] = await em.find(
    MessageRow,
    { chatId, ...unfinishedAnswers },
    { orderBy: { seq: "asc" }, limit: 1, disableIdentityMap: true },
  );
  const unfinished = first && toMessage(first);
  const schema = quotedSchema(tenant);
  const changes = await query<Stored>(em, changesSql(schema), [chatId, after ?? null, limit]);
  const [noted] = changes;
  if (!noted) return undefined;
  const revision = Number(noted.newest);
  const found = changes.flatMap(toChange);
  const from = after ?? revision;
  const isWhole = from === revision || found[0]?.revision === from + 1;
  const messages = isWhole ? await findNamed(em, chatId, found) : [];
  // Last: if it is its reader's by now, so was all that was read.
  const chat = await em.findOne(ChatRow, { id: chatId });
  if (!chat) return undefined;
  return {
    chat: toChat(chat),
    revision,
    unfinished,
    changes: isWhole ? found : undefined,
    messages,
  };
}

/** One row without a revision where there is no change. */
interface Stored {
  readonly newest: string;
  readonly revision: string | null;
  readonly kind: ChangeKind | null;
  readonly messageId: string | null;
}

const changesSql = (schema: string) => `
  select chat.revision as newest, change.revision, change.kind, change.message_id as "messageId"
  from ${schema}.chats chat left join lateral (
    select * from ${schema}.chat_changes
    where chat_id = chat.id and revision > $2::bigint and revision <= chat.revision order by revision limit $3
  ) change on true
  where chat.id = $1 order by change.revision`;

function toChange({ revision, kind, messageId }: Stored): ChatChange[] {
  return revision === null || kind === null
    ? []
    : [{ revision: Number(revision), kind, messageId }];
}

async function findNamed(em: EntityManager, chatId: string, changes: readonly ChatChange[]) {
  const ids = changes.flatMap(({ kind, messageId }) => (kind === "message" && messageId) || []);
  if (ids.length === 0) return [];
  const rows = await em.find(
    MessageRow,
    { chatId, $or: [{ id: { $in: ids } }, { replyTo: { $in: ids } }] },
    { orderBy: { seq: "asc" } },
  );
  return rows.map(toMessage);
}
