import type { Message } from "../../core/message.ts";
import type { NewTurn, SavedTurn } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { fill, guard } from "./at-once.ts";
import { noteSql } from "./chat-changes.ts";
import { unfinishedSql } from "./messages.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/**
 * Saves a question that goes on with what is shown of a chat, in one round trip and in the order of the steps of
 * `saveTurn`. Undefined where it is anything else, or can't be saved: then nothing is stored.
 */
export async function saveAtOnce(
  work: TenantWork,
  tenant: Tenant,
  turn: NewTurn,
): Promise<SavedTurn | undefined> {
  if (turn.newChat || turn.fork) return undefined;
  const schema = quotedSchema(tenant);
  const results = await work.atOnce(tenant, [
    lockSql(tenant, turn),
    ownSql(schema, turn),
    ...chatSql(schema, turn),
    countSql(schema, tenant.settings.limits.messagesPerDay, turn.now),
    insertSql(schema, turn),
  ]);
  const [question, answer] = results?.at(-1) ?? [];
  if (!question || !answer) return undefined;
  const { chatId, questionId, answerId, content, idempotency } = turn;
  const parentId = String(question["parent_id"]);
  return {
    question: {
      ...common(turn),
      id: questionId,
      seq: Number(question["seq"]),
      role: "user",
      content,
      state: "complete",
      clientMessageId: idempotency?.key ?? null,
      replyTo: null,
      parentId: parentId === chatId ? null : parentId,
      attempt: 0,
    },
    answer: {
      ...common(turn),
      id: answerId,
      seq: Number(answer["seq"]),
      role: "assistant",
      content: "",
      state: "queued",
      clientMessageId: null,
      replyTo: questionId,
      parentId: questionId,
      attempt: 1,
    },
    replayed: false,
  };
}

function common({ chatId, messageType, now }: NewTurn) {
  return {
    chatId,
    messageType,
    createdAt: new Date(now),
    chosen: true,
    ending: null,
    feedback: null,
  } satisfies Partial<Message>;
}

/** What `findTurn` waits for. */
export const saveLock = "hashtextextended('miptech save ' || ?::text, 0)";
export const keyLock = "hashtextextended('miptech message ' || ?::text, 0)";

function lockSql({ id }: Tenant, { answerId, idempotency }: NewTurn): string {
  const save = fill(`pg_advisory_xact_lock_shared(${saveLock})`, [answerId]);
  if (!idempotency) return `select ${save}`;
  return fill(`select pg_advisory_xact_lock(${keyLock}), `, [`${id} ${idempotency.key}`]) + save;
}

/** The process has its lease, and the message was not saved before, in whichever of its scopes. */
function ownSql(schema: string, { owner, idempotency }: NewTurn): string {
  const isOwn = fill("public.holds_lease(?)", [owner]);
  if (!idempotency) return guard(isOwn);
  const { scope, key, earlier } = idempotency;
  const where = "idempotency_scope in (?, ?) and client_message_id = ?";
  const known = `select from ${schema}.chat_messages where ${where}`;
  return guard(`(${isOwn} and not exists (${fill(known, [scope, earlier?.scope ?? scope, key])}))`);
}

/** The chat is there, and locked from here on; and it has room for one more turn. */
function chatSql(schema: string, turn: NewTurn): [string, string] {
  const { chatId, questionId, now, maxUnfinished } = turn;
  const [chat = "", ...fields] = [chatId, "message", questionId, now].map((one) =>
    fill("?", [one]),
  );
  const [kind = "", messageId = "", updatedAt = ""] = fields;
  const busy = fill(
    `from ${schema}.chat_messages where chat_id = ? and role = 'assistant' and ${unfinishedSql}`,
    [chatId],
  );
  return [
    noteSql(schema, chat, [kind, messageId, updatedAt]),
    guard(`count(*) < ${maxUnfinished}`, busy),
  ];
}

function countSql(schema: string, messagesPerDay: number, now: Date): string {
  const day = now.toISOString().slice(0, 10);
  const counted = fill(countMessageSql(schema), [day, messagesPerDay, messagesPerDay]);
  return `with counted as (${counted}) ${guard("count(*) > 0", "from counted")}`;
}

/** Counts against the day's quota: no row where it is used up. */
export const countMessageSql = (schema: string) => `
  insert into ${schema}.usage_days as d (day, messages) select ?::date, 1 where ? > 0
  on conflict (day) do update set messages = d.messages + 1 where d.messages < ? returning messages`;

/** The question first, since the rows get their places one after another. No parent: that of what is shown. */
function insertSql(schema: string, turn: NewTurn): string {
  const { chatId, questionId, answerId, content, messageType, idempotency, owner, now } = turn;
  const { scope = null, key = null } = idempotency ?? {};
  return fill(
    `insert into ${schema}.chat_messages (id, chat_id, created_at, message_type, role, content, state, attempt,
       reply_to, parent_id, idempotency_scope, client_message_id, owner)
     values (?, ?, ?::timestamptz, ?, 'user', ?, 'complete', 0, null, null, ?, ?, null),
       (?, ?, ?::timestamptz, ?, 'assistant', '', 'queued', 1, ?, ?, null, null, ?)
     returning seq, parent_id`,
    [
      questionId,
      chatId,
      now,
      messageType,
      content,
      scope,
      key,
      answerId,
      chatId,
      now,
      messageType,
      questionId,
      questionId,
      owner,
    ],
  );
}
