import type { Caller } from "../access/caller.ts";
import { openMessage } from "../chats.ts";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Message } from "../message.ts";
import {
  beginTurn,
  checkContent,
  requireOpen,
  scopeOf,
  type Question,
  type StartDeps,
} from "./start-turn.ts";
import type { Idempotency, SavedTurn } from "./turn-store.ts";

export interface Regeneration extends Pick<Question, "clientMessageId"> {
  /** An answer that has ended. */
  readonly messageId: string;
}

export interface Edit extends Pick<Question, "clientMessageId" | "content"> {
  /** The question in whose place the new one is asked. */
  readonly messageId: string;
}

/**
 * Asks for another answer to the question of an answer. What was shown from that answer on is kept as a branch of its own.
 * @throws AppError MESSAGE_NOT_FOUND, and as startTurn; then nothing is stored.
 */
export async function regenerateAnswer(
  deps: StartDeps,
  caller: Caller,
  { messageId, clientMessageId }: Regeneration,
): Promise<SavedTurn> {
  requireOpen(deps, caller);
  const { chats } = deps;
  const answer = await openMessage(chats, caller, messageId);
  const { replyTo } = answer;
  if (answer.role !== "assistant" || !answer.ending || replyTo === null)
    throw new AppError("INVALID_REQUEST", "Only an answer that has ended can be regenerated");
  const question = await chats.findMessage(caller.tenant, replyTo);
  if (!question) throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
  return beginTurn(deps, caller, {
    ...fieldsOf(caller, question, `regenerate ${answer.id}`, clientMessageId),
    questionId: question.id,
    content: question.content,
    fork: { kind: "answer", besideId: answer.id, parentId: question.id },
  });
}

/**
 * Asks another question in place of one. What was shown from that question on is kept as a branch of its own.
 * @throws AppError MESSAGE_NOT_FOUND, and as startTurn; then nothing is stored.
 */
export async function editQuestion(
  deps: StartDeps,
  caller: Caller,
  { messageId, content, clientMessageId }: Edit,
): Promise<SavedTurn> {
  requireOpen(deps, caller);
  const checked = checkContent(content);
  const question = await openMessage(deps.chats, caller, messageId);
  if (question.role !== "user")
    throw new AppError("INVALID_REQUEST", "Only a question can be edited");
  return beginTurn(deps, caller, {
    ...fieldsOf(caller, question, "edit", clientMessageId),
    questionId: newId("msg"),
    content: checked,
    fork: { kind: "question", besideId: question.id, parentId: question.parentId },
  });
}

/**
 * A key that was used for a question, an edit and the regeneration of two answers names four turns: each finds its own
 * again.
 */
function fieldsOf(
  caller: Caller,
  { chatId, messageType }: Message,
  kind: "edit" | `regenerate ${string}`,
  clientMessageId: string | undefined,
) {
  const key = scopeOf(caller, { chatId, clientMessageId });
  const inKind = (scope: string) => `${kind} ${scope}`;
  const idempotency: Idempotency | undefined = key && {
    ...key,
    scope: inKind(key.scope),
    earlier: key.earlier && { ...key.earlier, scope: inKind(key.earlier.scope) },
  };
  return { chatId, messageType, idempotency };
}
