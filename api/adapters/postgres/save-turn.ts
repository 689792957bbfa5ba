import { UniqueConstraintViolationException, type EntityManager } from "@mikro-orm/postgresql";
import { chatNotFound } from "../../core/chats.ts";
import { AppError, idempotencyConflict } from "../../core/errors.ts";
import type { Idempotency, NewTurn, SavedTurn } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { parentOf, showUpTo } from "./branches.ts";
import { noteChange } from "./chat-changes.ts";
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
 * The turn of an answer; undefined when it was never saved and never will be. A save whose caller has
 * lost its connection may still be under way: its outcome is waited for.
 */
export async function findTurn(em: EntityManager, answerId: string): Promise<Pair | undefined> {
  await em.execute(`select pg_advisory_xact_lock(${saveLock})`, [answerId]);
  const answer = await em.findOne(MessageRow, { id: answerId, role: "assistant" });
  return answer ? findPair(em, answer.replyTo ?? "", answer.id) : undefined;
}

const saveLock = "hashtextextended('miptech save ' || ?::text, 0)";

async function findPair(em: EntityManager, questionId: string, answerId: string): Promise<Pair> {
  const rows = await em.find(MessageRow, { id: { $in: [questionId, answerId] } });
  const [question, answer] = [questionId, answerId].map((id) => rows.find((row) => row.id === id));
  if (!question || !answer) throw new Error(`The turn of ${answerId} is not whole`);
  return { question: toMessage(question), answer: toMessage(answer) };
}

async function save(em: EntityManager, tenant: Tenant, turn: NewTurn): Promise<SavedTurn> {
  await lockNames(em, tenant, turn);
  const earlier = await findEarlier(em, turn);
  if (earlier) return earlier;
  await requireLease(em, turn.owner);
  await lockChat(em, tenant, turn);
  await countMessage(em, tenant, turn.now);
  if (turn.fork) await showUpTo(em, tenant, { ...turn.fork, chatId: turn.chatId });
  await insertMessages(em, turn);
  return { ...(await findPair(em, turn.questionId, turn.answerId)), replayed: false };
}

async function insertMessages(em: EntityManager, turn: NewTurn): Promise<void> {
  const { chatId, now: createdAt, messageType, owner, fork, idempotency } = turn;
  const common = { chatId, createdAt, messageType, cancelRequested: false };
  const names = idempotency
    ? { idempotencyScope: idempotency.scope, clientMessageId: idempotency.key }
    : {};
  const isQuestionThere = fork?.kind === "answer";
  if (!isQuestionThere) {
    await em.insert(MessageRow, {
      ...common,
      ...names,
      ...(fork ? { parentId: parentOf({ ...fork, chatId }) } : {}),
      id: turn.questionId,
      role: "user",
      content: turn.content,
      state: "complete",
      attempt: 0,
    });
  }
  await em.insert(MessageRow, {
    ...common,
    ...(isQuestionThere ? names : {}),
    id: turn.answerId,
    role: "assistant",
    content: "",
    state: "queued",
    replyTo: turn.questionId,
    parentId: turn.questionId,
    attempt: 1,
    owner,
  });
}

/**
 * Until the end of the transaction, in one round trip. Saves of one key come one after another, since the same
 * message may come within two scopes, where no index keeps it single.
 */
async function lockNames(
  em: EntityManager,
  tenant: Tenant,
  { answerId, idempotency }: NewTurn,
): Promise<void> {
  const save = `pg_advisory_xact_lock_shared(${saveLock})`;
  if (!idempotency) {
    await em.execute(`select ${save}`, [answerId]);
    return;
  }
  const key = "pg_advisory_xact_lock(hashtextextended('miptech message ' || ?::text, 0))";
  await em.execute(`select ${key}, ${save}`, [`${tenant.id} ${idempotency.key}`, answerId]);
}

/** The turn of the same message sent before, so that a retry never asks twice. */
async function findEarlier(em: EntityManager, turn: NewTurn): Promise<SavedTurn | undefined> {
  const row = turn.idempotency && (await findByKey(em, turn.idempotency));
  if (!row) return undefined;
  if (!isSame(row, turn)) throw idempotencyConflict();
  if (row.role === "assistant")
    return { ...(await findPair(em, row.replyTo ?? "", row.id)), replayed: true };
  // Others came later, as branches.
  const [first] = await em.find(
    MessageRow,
    { replyTo: row.id },
    { orderBy: { seq: "asc" }, limit: 1 },
  );
  return { ...(await findPair(em, row.id, first?.id ?? "")), replayed: true };
}

/** What makes the message of a key the one that is sent now. */
function isSame(row: MessageRow, { fork, chatId, newChat, content, questionId }: NewTurn): boolean {
  if (fork?.kind === "answer") return row.replyTo === questionId;
  if (row.role !== "user" || row.content !== content) return false;
  if (!fork) return newChat !== undefined || row.chatId === chatId;
  return row.parentId === parentOf({ ...fork, chatId }) && row.id !== fork.besideId;
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
  tenant: Tenant,
  { newChat, chatId, questionId, answerId, fork, now, maxUnfinished }: NewTurn,
): Promise<void> {
  const saved = fork?.kind === "answer" ? answerId : questionId;
  if (newChat) await em.insert(ChatRow, { ...newChat, context: { ...newChat.context } });
  const isLocked = await noteChange(em, tenant, chatId, "message", saved, now);
  if (newChat) return;
  if (!isLocked) throw chatNotFound();
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
