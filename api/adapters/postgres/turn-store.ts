import { UniqueConstraintViolationException, type EntityManager } from "@mikro-orm/postgresql";
import { chatNotFound } from "../../core/chats.ts";
import { AppError } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { NewTurn, SavedTurn, TurnFinish, TurnStore } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { fromEnding, toMessage } from "./messages.ts";
import { AnalyticsRow, ChatRow, MessageRow } from "./tenant-entities.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

const unfinished = ["queued", "streaming"] as const;

export function createTurnStore(work: TenantWork): TurnStore {
  return {
    async saveTurn(tenant, turn) {
      try {
        return await work(tenant, (em) => save(em, tenant, turn));
      } catch (error) {
        // Another connection saved the same message meanwhile: now it is there to be found.
        if (!(error instanceof UniqueConstraintViolationException) || !turn.idempotency)
          throw error;
        return work(tenant, (em) => save(em, tenant, turn));
      }
    },
    startAttempt: (tenant, id, attempt) =>
      work(tenant, async (em) => {
        const where = { id, attempt, state: { $in: [...unfinished] } };
        return (await em.nativeUpdate(MessageRow, where, { state: "streaming" })) === 1;
      }),
    checkpoint: (tenant, id, attempt, content) =>
      work(tenant, async (em) => {
        const where = { id, attempt, state: { $in: [...unfinished] } };
        return (await em.nativeUpdate(MessageRow, where, { content })) === 1;
      }),
    finishTurn: (tenant, id, attempt, finish) =>
      work(tenant, (em) => storeEnding(em, tenant, id, attempt, finish)),
    async requestCancel(tenant, id) {
      const where = { id, state: { $in: [...unfinished] } };
      await work(tenant, (em) => em.nativeUpdate(MessageRow, where, { cancelRequested: true }));
    },
    listOrphans: (tenant, owner) =>
      work(tenant, async (em) => {
        const where = {
          role: "assistant",
          state: { $in: [...unfinished] },
          owner: { $ne: owner },
        } as const;
        const answers = await em.find(MessageRow, where, {
          orderBy: [{ createdAt: "asc" }, { seq: "asc" }],
        });
        const questions = await em.find(MessageRow, {
          id: { $in: answers.map((row) => row.replyTo ?? "") },
        });
        const byId = new Map(questions.map((row) => [row.id, row]));
        return answers.flatMap((row) => {
          const question = byId.get(row.replyTo ?? "");
          if (!question) return [];
          return [
            {
              question: toMessage(question),
              answer: toMessage(row),
              cancelRequested: row.cancelRequested,
            },
          ];
        });
      }),
    takeOver: (tenant, id, from, owner) =>
      work(tenant, async (em) => {
        const where = { id, attempt: from, state: { $in: [...unfinished] } };
        return (await em.nativeUpdate(MessageRow, where, { attempt: from + 1, owner })) === 1;
      }),
    listHistory: (tenant, chatId, seq, limit) =>
      work(tenant, async (em) => {
        const rows = await em.find(
          MessageRow,
          { chatId, seq: { $lt: seq } },
          { orderBy: { seq: "desc" }, limit },
        );
        return rows.map(toMessage).reverse();
      }),
  };
}

async function save(em: EntityManager, tenant: Tenant, turn: NewTurn): Promise<SavedTurn> {
  const earlier = await findEarlier(em, turn);
  if (earlier) return earlier;
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
  return { ...(await findPair(em, turn.questionId)), replayed: false };
}

/** The turn of the same message sent before, so that a retry never asks twice. */
async function findEarlier(em: EntityManager, turn: NewTurn): Promise<SavedTurn | undefined> {
  if (!turn.idempotency) return undefined;
  const { scope, key } = turn.idempotency;
  const row = await em.findOne(MessageRow, { idempotencyScope: scope, clientMessageId: key });
  if (!row) return undefined;
  const isSame =
    row.content === turn.content && (turn.newChat !== undefined || row.chatId === turn.chatId);
  if (isSame) return { ...(await findPair(em, row.id)), replayed: true };
  throw new AppError("IDEMPOTENCY_CONFLICT", "This client_message_id was used for another message");
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
  const running = await em.count(MessageRow, {
    chatId,
    role: "assistant",
    state: { $in: [...unfinished] },
  });
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

async function findPair(
  em: EntityManager,
  questionId: string,
): Promise<{ question: Message; answer: Message }> {
  const rows = await em.find(
    MessageRow,
    { $or: [{ id: questionId }, { replyTo: questionId }] },
    { orderBy: { seq: "asc" } },
  );
  const [question, answer] = rows;
  if (!question || !answer) throw new Error(`The turn of ${questionId} is not whole`);
  return { question: toMessage(question), answer: toMessage(answer) };
}

async function storeEnding(
  em: EntityManager,
  tenant: Tenant,
  id: string,
  attempt: number,
  { text, ending, timing }: TurnFinish,
): Promise<boolean> {
  const columns = fromEnding(ending);
  const where = { id, attempt, state: { $in: [...unfinished] } };
  const updated = await em.nativeUpdate(MessageRow, where, {
    ...columns,
    content: text,
    endedAt: new Date(),
  });
  if (updated === 0) return false;
  if (!tenant.settings.features.analytics) return true;
  const { chatId } = await em.findOneOrFail(MessageRow, { id }, { fields: ["chatId"] });
  await em.insert(AnalyticsRow, {
    chatId,
    messageId: id,
    attempt,
    outcome: ending.type === "error" ? ending.code : ending.finishReason,
    model: ending.type === "error" ? null : ending.model,
    promptTokens: ending.usage.promptTokens,
    completionTokens: ending.usage.completionTokens,
    totalTokens: ending.usage.totalTokens,
    costEstimate: ending.usage.cost,
    usageEstimated: ending.usage.estimated,
    firstChunkMs: timing.firstChunkMs,
    totalMs: timing.totalMs,
  });
  return true;
}
