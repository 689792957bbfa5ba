import { runTenant, type ApiWorld } from "../support/api-world.ts";
import { digest } from "./digest.ts";
import type { StreamedAnswer } from "./messages.ts";

/** What of the stored answers differs from what was streamed, a line each. */
export async function compareDigests(
  world: Pick<ApiWorld, "sql">,
  answers: readonly StreamedAnswer[],
): Promise<string[]> {
  const rows = await world.sql<{ id: string; state: string; content: string }>(
    `select id, state, content from tenant_${runTenant}.chat_messages where role = 'assistant'`,
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  const faults = answers.flatMap(({ messageId, digest: read }) => {
    const row = stored.get(messageId);
    if (row?.state !== "complete")
      return `the answer ${messageId} is ${row?.state ?? "not stored"}`;
    return digest(row.content) === read ? [] : `the answer ${messageId} was streamed otherwise`;
  });
  const missing = rows.length - answers.length;
  return missing === 0
    ? faults
    : [...faults, `${missing} stored answers were not read to their ends`];
}
