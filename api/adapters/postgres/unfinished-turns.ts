import type { EntityManager } from "@mikro-orm/postgresql";
import type { Tenant } from "../../core/tenant.ts";
import type { AttemptStart, UnfinishedTurn } from "../../core/turns/turn-store.ts";
import { fill } from "./at-once.ts";
import { requireLease } from "./held-lease.ts";
import { toMessage, unfinishedAnswers, unfinishedSql, whereAttempt } from "./messages.ts";
import { MessageRow } from "./tenant-entities.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** In one round trip. @returns false where `startAttempt` has to look. */
export async function startAtOnce(
  work: TenantWork,
  tenant: Tenant,
  id: string,
  attempt: number,
): Promise<boolean> {
  const messages = `${quotedSchema(tenant)}.chat_messages`;
  const started = await work.atOnce(tenant, [fill(startSql(messages), [id, attempt])]);
  return (started?.[0]?.length ?? 0) > 0;
}

/** Asked again after a lost reply it has started just the same. */
export async function startAttempt(
  em: EntityManager,
  tenant: Tenant,
  id: string,
  attempt: number,
): Promise<AttemptStart> {
  const messages = `${quotedSchema(tenant)}.chat_messages`;
  for (;;) {
    const started = await em.execute<object[]>(startSql(messages), [id, attempt]);
    if (started.length > 0) return "started";
    const sql = lookSql(messages);
    const [own] = await em.execute<{ behind: string | null }[]>(sql, [id, attempt]);
    if (!own) return "lost";
    if (own.behind !== null) return { behind: own.behind };
    // The earlier one has ended between the two looks.
  }
}

const ownSql = `own.id = ? and own.attempt = ? and own.${unfinishedSql}`;
const earlierSql = (messages: string) => `
  from ${messages} earlier
  where earlier.chat_id = own.chat_id and earlier.seq < own.seq and earlier.role = 'assistant' and earlier.${unfinishedSql}`;

const startSql = (messages: string) => `
  update ${messages} own set state = 'streaming'
  where ${ownSql} and not exists (select ${earlierSql(messages)}) returning own.id`;

const lookSql = (messages: string) => `
  select (select earlier.id ${earlierSql(messages)} order by earlier.seq desc limit 1) as behind
  from ${messages} own where ${ownSql}`;

/** Oldest first. */
export async function listUnfinished(em: EntityManager): Promise<UnfinishedTurn[]> {
  const answers = await em.find(MessageRow, unfinishedAnswers, {
    orderBy: [{ createdAt: "asc" }, { seq: "asc" }],
  });
  const questions = await em.find(MessageRow, {
    id: { $in: answers.map((row) => row.replyTo ?? "") },
  });
  const byId = new Map(questions.map((row) => [row.id, row]));
  return answers.flatMap((row) => {
    const question = byId.get(row.replyTo ?? "");
    if (!question) return [];
    const { cancelRequested, owner = null, crashes } = row;
    return [
      {
        question: toMessage(question),
        answer: toMessage(row),
        cancelRequested,
        owner,
        crashes,
      },
    ];
  });
}

/** @throws AppError SERVICE_UNAVAILABLE when the new owner has no lease. */
export async function takeOver(
  em: EntityManager,
  tenant: Tenant,
  id: string,
  from: number,
  owner: string,
): Promise<boolean> {
  await requireLease(em, owner);
  const taken = await em.execute<object[]>(
    `update ${quotedSchema(tenant)}.chat_messages
     set attempt = attempt + 1, owner = ?, state = 'queued', crashes = crashes + (owner is not null)::int
     where id = ? and attempt = ? and ${unfinishedSql} returning id`,
    [owner, id, from],
  );
  if (taken.length > 0) return true;
  // The reply to the same call may have been lost.
  return (await em.count(MessageRow, { ...whereAttempt(id, from + 1), owner })) > 0;
}

export async function handOver(em: EntityManager, id: string, attempt: number): Promise<void> {
  await em.nativeUpdate(MessageRow, whereAttempt(id, attempt), { owner: null });
}
