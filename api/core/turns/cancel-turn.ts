import { isServer, type Caller } from "../access/caller.ts";
import { administratorOf } from "../admin/administrator.ts";
import { newErasure } from "../admin/erasure-admin.ts";
import type { ErasureActor } from "../erasure/erasure.ts";
import type { AuditLog } from "../admin/audit.ts";
import { chatNotFound, openChat, openMessage } from "../chats.ts";
import type { Message } from "../message.ts";
import type { ChatStore, Clock } from "../ports.ts";
import type { TurnStore } from "./turn-store.ts";
import type { TurnRunner } from "./turn-runner.ts";

export interface CancelDeps {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly runner: TurnRunner;
}

/**
 * Stops a turn; its readers see it end with `finish_reason: "cancelled"` and the text so far. One that
 * has ended stays as it is.
 * @throws AppError MESSAGE_NOT_FOUND
 */
export async function cancelTurn(
  deps: CancelDeps,
  caller: Caller,
  messageId: string,
): Promise<Message> {
  const message = await openMessage(deps.chats, caller, messageId);
  if (message.role === "assistant" && !message.ending) {
    await deps.turns.requestCancel(caller.tenant, message.id);
    deps.runner.stop({
      tenantId: caller.tenant.id,
      chatId: message.chatId,
      messageId: message.id,
    });
  }
  return message;
}

export interface DeleteDeps extends CancelDeps {
  readonly audit: Pick<AuditLog, "add">;
  readonly clock: Clock;
}

/**
 * Deletes a chat with its messages and stops what is under way in it. Where an admin does it who is no user, the audit
 * entry stands before. @returns the id of the receipt. @throws AppError CHAT_NOT_FOUND
 */
export async function deleteChat(
  deps: DeleteDeps,
  caller: Caller,
  chatId: string,
): Promise<string> {
  await openChat(deps.chats, caller, chatId);
  if (caller.admin && isServer(caller)) {
    await deps.audit.add({
      at: new Date(deps.clock.now()),
      actor: administratorOf(caller).actor,
      tenantId: caller.tenant.id,
      action: "chat.delete",
      target: chatId,
      details: {},
    });
  }
  const request = newErasure({ actor: actorOf(caller) }, deps.clock);
  if (!(await deps.chats.deleteChat(caller.tenant, chatId, request))) throw chatNotFound();
  deps.runner.stop({ tenantId: caller.tenant.id, chatId });
  return request.id;
}

/** Whoever it is: a chat is deleted by those who have it, too. */
function actorOf(caller: Caller): ErasureActor {
  const { admin, user, key, visitorId, address } = caller;
  if (admin && isServer(caller)) return administratorOf(caller).actor;
  if (user) return { kind: "user", id: user.id, address };
  if (isServer(caller)) return { kind: "key", id: key?.id ?? null, address };
  return { kind: "visitor", id: visitorId ?? null, address };
}
