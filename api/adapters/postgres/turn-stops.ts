import type { EntityManager } from "@mikro-orm/postgresql";
import type { Tenant } from "../../core/tenant.ts";
import type { TurnStop } from "../../core/turns/turn-store.ts";
import { isUnfinished, unfinishedSql } from "./messages.ts";
import { MessageRow } from "./tenant-entities.ts";
import { quotedSchema } from "./tenant-work.ts";

/** On which all processes hear what is to be stopped. */
export const stopChannel = "turn_stop";

/** Heard when the transaction has been committed. */
export async function announceStop(em: EntityManager, stop: TurnStop): Promise<void> {
  await em.execute("select pg_notify(?, ?)", [stopChannel, JSON.stringify(stop)]);
}

/** Undefined for what `announceStop` never says. */
export function parseStop(payload: string): TurnStop | undefined {
  let stop: unknown;
  try {
    stop = JSON.parse(payload);
  } catch {
    return undefined;
  }
  return isStop(stop) ? stop : undefined;
}

function isStop(value: unknown): value is TurnStop {
  if (typeof value !== "object" || value === null) return false;
  if (!("tenantId" in value && "chatId" in value)) return false;
  const { tenantId, chatId } = value;
  const messageId = "messageId" in value ? value.messageId : "";
  return [tenantId, chatId, messageId].every((id) => typeof id === "string");
}

export async function requestCancel(em: EntityManager, tenant: Tenant, id: string): Promise<void> {
  const rows = await em.execute<{ chatId: string }[]>(
    `update ${quotedSchema(tenant)}.chat_messages set cancel_requested = true
     where id = ? and ${unfinishedSql} returning chat_id as "chatId"`,
    [id],
  );
  for (const { chatId } of rows)
    await announceStop(em, { tenantId: tenant.id, chatId, messageId: id });
}

export async function findStop(
  em: EntityManager,
  id: string,
): Promise<"cancel" | "gone" | undefined> {
  const row = await em.findOne(MessageRow, { id }, { fields: ["state", "cancelRequested"] });
  if (!row) return "gone";
  return row.cancelRequested && isUnfinished(row) ? "cancel" : undefined;
}
