import { UniqueConstraintViolationException, type EntityManager } from "@mikro-orm/postgresql";
import { chatNotFound } from "../../core/chats.ts";
import { AppError, idempotencyConflict } from "../../core/errors.ts";
import type { Idempotency, NewTurn, SavedTurn } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { requireLease } from "./held-lease.ts";
import { toMessage, unfinishedAnswers } from "./messages.ts";
import { ChatRow, MessageRow } from "./tenant-entities.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** @throws as TurnStore.saveTurn */
export async function saveTurn(
  work: TenantWork,
  tenant: Tenant,
  turn: NewTurn,
): Promise<SavedTurn> {
  try {
    return await work(tenant, (em) => save(em, tenant, turn));
  } catch (error) {
    // Another connection saved the same message meanwhile: now it is there to be found.
    if (!(error instanceof UniqueConstraintViolationException) || !turn.idempotency) throw error;
    return work(tenant, (em) => save(em, tenant, turn));
  }
}

type Pair = Pick<SavedTurn, "question" | "answer">;

/**
 * The turn of a question; undefined when it was never saved and never will be. A save whose caller has
 * lost its connection may still be under way: its outcome is waited for.
 */
export async function findTurn(em: EntityManager, questionId: string): Promise<Pair | undefined> {
  await em.execute(`select pg_advisory_xact_lock(${saveLock})`, [questionId]);
  return findPair(em, questionId);
}

const saveLock = "hashtextextended('miptech save ' || ?::text, 0)";

async function findPair(em: EntityManager, questionId: string): Promise<Pair | undefined> {
  const rows = await em.find(
    MessageRow,
    { $or: [{ id: questionId, role: "user" }, { replyTo: questionId }] },
    { orderBy: { seq: "asc" } },
  );
  const [question, answer] = rows;
  return question && answer && { question: toMessage(question), answer: toMessage(answer) };
}

async function findSaved(em: EntityManager, questionId: string): Promise<Pair> {
  const pair = await findPair(em, questionId);
  if (!pair) throw new Error(`The turn of ${questionId} is not whole`);
  return pair;
}

async function save(em: EntityManager, tenant: Tenant, turn: NewTurn): Promise<SavedTurn> {
  await lockNames(em, tenant, turn);
  const earlier = await findEarlier(em, turn);
  if (earlier) return earlier;
  await requireLease(em, turn.owner);
  await lockChat(em, turn);
  await countMessage(em, tenant, turn.now);
  const { chatId, now: createdAt, messageType, owner } = turn;
  const common = { chatId, createdAt, messageType };
  const names = turn.idempotency
    ? { idempotencyScope: turn.idempotency.scope, clientMessageId: turn.idempotency.key }
    : {};
  await em.insert(MessageRow, {
    ...common,
    ...names,
    id: turn.questionId,
    role: "user",
    content: turn.content,
    state: "complete",
    attempt: 0,
    cancelRequested: false,
  });
  await em.insert(MessageRow, {
    ...common,
    id: turn.answerId,
    role: "assistant",
    content: "",
    state: "queued",
    replyTo: turn.questionId,
    attempt: 1,
    owner,
    cancelRequested: false,
  });
  return { ...(await findSaved(em, turn.questionId)), replayed: false };
}

/**
 * Until the end of the transaction, in one round trip. Saves of one key come one after another, since the same
 * message may come within two scopes, where no index keeps it single.
 */
async function lockNames(
  em: EntityManager,
  tenant: Tenant,
  { questionId, idempotency }: NewTurn,
): Promise<void> {
  const save = `pg_advisory_xact_lock_shared(${saveLock})`;
  if (!idempotency) {
    await em.execute(`select ${save}`, [questionId]);
    return;
  }
  const key = "pg_advisory_xact_lock(hashtextextended('miptech message ' || ?::text, 0))";
  await em.execute(`select ${key}, ${save}`, [`${tenant.id} ${idempotency.key}`, questionId]);
}

/** The turn of the same message sent before, so that a retry never asks twice. */
async function findEarlier(em: EntityManager, turn: NewTurn): Promise<SavedTurn | undefined> {
  const row = turn.idempotency && (await findByKey(em, turn.idempotency));
  if (!row) return undefined;
  const isSame =
    row.content === turn.content && (turn.newChat !== undefined || row.chatId === turn.chatId);
  if (isSame) return { ...(await findSaved(em, row.id)), replayed: true };
  throw idempotencyConflict();
}

async function findByKey(
  em: EntityManager,
  { scope, key: clientMessageId, earlier }: Idempotency,
): Promise<MessageRow | undefined> {
  const own = await em.findOne(MessageRow, { idempotencyScope: scope, clientMessageId });
  if (own || !earlier) return own ?? undefined;
  const idempotencyScope = earlier.scope;
  const nameless = await em.findOne(MessageRow, { idempotencyScope, clientMessageId });
  const chat = nameless && (await em.findOne(ChatRow, { id: nameless.chatId }));
  return chat && earlier.counts({ ownerId: chat.ownerId ?? null }) ? nameless : undefined;
}

/** The update locks the chat's row, which makes the order of its messages and the count of its turns exact. */
async function lockChat(
  em: EntityManager,
  { newChat, chatId, now, maxUnfinished }: NewTurn,
): Promise<void> {
  if (newChat) {
    await em.insert(ChatRow, { ...newChat, context: { ...newChat.context } });
    return;
  }
  const locked = await em.nativeUpdate(ChatRow, { id: chatId }, { updatedAt: now });
  if (locked === 0) throw chatNotFound();
  const running = await em.count(MessageRow, { chatId, ...unfinishedAnswers });
  if (running >= maxUnfinished) {
    throw new AppError("CHAT_BUSY", "Too many questions wait in this chat already", {
      retryAfter: 2,
    });
  }
}

/** Counts against the day's quota (UTC) in the transaction that saves: exact, and only what was saved. */
async function countMessage(em: EntityManager, tenant: Tenant, now: Date): Promise<void> {
  const { messagesPerDay } = tenant.settings.limits;
  const day = now.toISOString().slice(0, 10);
  const days = `${quotedSchema(tenant)}.usage_days`;
  const rows = await em.execute(
    `insert into ${days} as d (day, messages) select ?::date, 1 where ? > 0
     on conflict (day) do update set messages = d.messages + 1 where d.messages < ? returning messages`,
    [day, messagesPerDay, messagesPerDay],
  );
  if (rows.length > 0) return;
  const retryAfter = Math.ceil(
    (Date.parse(`${day}T00:00:00Z`) + 86_400_000 - now.getTime()) / 1000,
  );
  throw new AppError("QUOTA_EXCEEDED", "The messages of this day are used up", { retryAfter });
}
