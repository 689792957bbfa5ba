import type { EntityManager } from "@mikro-orm/postgresql";
import type { Counts, Erasure, ErasureTrail } from "../../core/erasure/erasure.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { settleChat } from "./budget-store.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";
import { announceStop } from "./turn-stops.ts";

/** What was deleted of some chats. */
export interface ErasedChats {
  readonly counts: Counts;
  readonly trail: Required<Pick<ErasureTrail, "chats" | "messages" | "answers">>;
}

/**
 * Deletes chats with all that is in them, in the caller's transaction, and stops what is under way there. Usage stays in
 * the numbers, without a word of whose it was.
 */
export async function eraseChats(
  em: EntityManager,
  tenant: Tenant,
  wanted: readonly string[],
): Promise<ErasedChats | undefined> {
  const schema = quotedSchema(tenant);
  // Who saves a turn changes the chat's row: from here on nobody adds any.
  const found = await query<{ id: string }>(
    em,
    `select id from ${schema}.chats where id = any ($1::text[]) order by id for update`,
    [arrayLiteral([...wanted])],
  );
  if (found.length === 0) return undefined;
  const chats = found.map(({ id }) => id);
  const of = arrayLiteral(chats);
  const messages = await query<{ id: string; isRecent: boolean; isUnanswered: boolean }>(
    em,
    `select m.id, m.role = 'assistant' and (m.ended_at is null or m.ended_at > now() - interval '15 minutes') as "isRecent",
       u.message_id is not null as "isUnanswered"
     from ${schema}.chat_messages m left join ${schema}.unanswered u on u.message_id = m.id
     where m.chat_id = any ($1::text[])`,
    [of],
  );
  const usage = await query(
    em,
    `update ${schema}.analytics set chat_id = '', message_id = '' where chat_id = any ($1::text[]) returning 1 as one`,
    [of],
  );
  const [changes] = await query<{ count: number }>(
    em,
    `select count(*)::int as count from ${schema}.chat_changes where chat_id = any ($1::text[])`,
    [of],
  );
  await query(em, `delete from ${schema}.chats where id = any ($1::text[])`, [of]);
  for (const chatId of chats) {
    await settleChat(em, tenant, chatId);
    await announceStop(em, { tenantId: tenant.id, chatId });
  }
  const idsOf = (rows: typeof messages) => rows.map(({ id }) => id);
  const unanswered = messages.filter(({ isUnanswered }) => isUnanswered).length;
  return {
    counts: {
      chats: chats.length,
      chat_messages: messages.length,
      chat_changes: changes?.count ?? 0,
      analytics: usage.length,
      unanswered,
    },
    trail: {
      chats,
      messages: idsOf(messages),
      answers: idsOf(messages.filter(({ isRecent }) => isRecent)),
    },
  };
}

/** The receipt of one chat: complete at once, unless its answers may stand in streams. */
export function chatReceipt(
  request: Pick<Erasure, "id" | "actor" | "requestedAt">,
  tenantId: string,
  subjectId: string,
  { counts, trail }: ErasedChats,
  hasStreams: boolean,
): Erasure {
  const isPending = hasStreams && trail.answers.length > 0;
  return {
    ...request,
    tenantId,
    kind: "chat",
    subjectId,
    state: isPending ? "pending" : "complete",
    finishedAt: isPending ? null : new Date(),
    counts,
    trail,
  };
}
