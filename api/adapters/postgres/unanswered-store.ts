import type { EntityManager } from "@mikro-orm/postgresql";
import type { Unanswered, UnansweredStore } from "../../core/answering/unanswered.ts";
import { parseSeq, toPage } from "./pages.ts";
import { MessageRow, UnansweredRow } from "./tenant-entities.ts";
import type { TenantWork } from "./tenant-work.ts";

export function createUnansweredStore(work: TenantWork): UnansweredStore {
  return {
    listUnanswered: (tenant, isHandled, { limit, after }) =>
      work(tenant, async (em) => {
        const handledAt = isHandled ? { $ne: null } : null;
        const place = after === undefined ? {} : { seq: { $lt: parseSeq(after) } };
        const rows = await em.find(
          UnansweredRow,
          { handledAt, ...place },
          { orderBy: { seq: "desc" }, limit: limit + 1 },
        );
        const known = await withQuestions(em, rows);
        return toPage(
          known,
          limit,
          ({ item }) => item,
          ({ seq }) => String(seq),
        );
      }),
    findUnanswered: (tenant, messageId) => work(tenant, (em) => find(em, messageId)),
    markUnanswered: (tenant, messageId, handledAt) =>
      work(tenant, async (em) => {
        await em.nativeUpdate(UnansweredRow, { messageId }, { handledAt });
        return find(em, messageId);
      }),
  };
}

async function find(em: EntityManager, messageId: string): Promise<Unanswered | undefined> {
  const rows = await em.find(UnansweredRow, { messageId });
  return (await withQuestions(em, rows))[0]?.item;
}

/** The words stand in the chat alone. */
async function withQuestions(em: EntityManager, rows: readonly UnansweredRow[]) {
  const ids = rows.map(({ messageId }) => messageId);
  const answers = await em.find(
    MessageRow,
    { id: { $in: ids } },
    { fields: ["id", "chatId", "replyTo"] },
  );
  const questionIds = answers.flatMap(({ replyTo }) => replyTo ?? []);
  const questions = await em.find(
    MessageRow,
    { id: { $in: questionIds } },
    { fields: ["id", "content"] },
  );
  const answersById = new Map(answers.map((answer) => [answer.id, answer]));
  const questionsById = new Map(questions.map(({ id, content }) => [id, content]));
  return rows.flatMap(({ messageId, seq, reason, createdAt, handledAt = null }) => {
    const answer = answersById.get(messageId);
    const question = questionsById.get(answer?.replyTo ?? "");
    if (!answer || question === undefined) return [];
    const { chatId } = answer;
    const item: Unanswered = { messageId, chatId, question, reason, createdAt, handledAt };
    return [{ item, seq }];
  });
}
