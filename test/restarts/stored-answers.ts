import { runTenant, type ApiWorld } from "../support/api-world.ts";
import type { Asked } from "./conversation.ts";

interface StoredAnswer {
  readonly id: string;
  readonly question: string;
  readonly state: string;
  readonly content: string;
}

/** What of PostgreSQL differs from what was read, a line each. */
export async function compareStored(
  world: Pick<ApiWorld, "sql">,
  asked: readonly Asked[],
): Promise<string[]> {
  const stored = await world.sql<StoredAnswer>(
    `select answer.id, question.content as question, answer.state, answer.content
     from tenant_${runTenant}.chat_messages as question
     left join tenant_${runTenant}.chat_messages as answer on answer.reply_to = question.id
     where question.role = 'user'`,
  );
  const byQuestion = Map.groupBy(stored, ({ question }) => question);
  const faults = asked.flatMap(({ question, messageId, text }) => {
    const found = byQuestion.get(question) ?? [];
    const [answer] = found;
    if (!answer || found.length !== 1) return `"${question}" is stored ${found.length} times`;
    if (answer.id !== messageId)
      return `"${question}" has the answer ${answer.id}, not ${messageId}`;
    if (answer.state !== "complete")
      return `the answer to "${question}" is stored as ${answer.state}`;
    if (answer.content !== text)
      return `the answer to "${question}" is stored otherwise than it was read`;
    return [];
  });
  const read = new Set(asked.map(({ question }) => question));
  const unread = [...byQuestion.keys()].filter((question) => !read.has(question));
  return [...faults, ...unread.map((question) => `"${question}" is stored and was not answered`)];
}
