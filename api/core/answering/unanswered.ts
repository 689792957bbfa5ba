import type { Passage } from "../documents/retriever.ts";
import type { Page, PageRequest } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { AnswerResult } from "./answerer.ts";
import { asksOfChat } from "./follow-ups.ts";
import { readSmallTalk } from "./small-talk.ts";

/**
 * `nothing_found`: no passage had anything to do with the question. `not_in_documents`: passages were found, and the
 * answer cites none of them, since they don't answer it.
 */
export type UnansweredReason = "nothing_found" | "not_in_documents";

/** A question that the documents didn't answer, for the tenant to see. */
export interface Unanswered {
  /** Of the answer. */
  readonly messageId: string;
  readonly chatId: string;
  readonly question: string;
  readonly reason: UnansweredReason;
  /** When its turn ended. */
  readonly createdAt: Date;
  /** Null until an admin marks it as dealt with. */
  readonly handledAt: Date | null;
}

/** They are kept by `TurnStore.finishTurn`, and go with their chat. */
export interface UnansweredStore {
  /** Newest first: those that were dealt with, or the others. */
  listUnanswered(tenant: Tenant, isHandled: boolean, page: PageRequest): Promise<Page<Unanswered>>;
  findUnanswered(tenant: Tenant, messageId: string): Promise<Unanswered | undefined>;
  /** Null: it is open again. Undefined when there is no such question. */
  markUnanswered(
    tenant: Tenant,
    messageId: string,
    handledAt: Date | null,
  ): Promise<Unanswered | undefined>;
}

/**
 * Whether a question counts as unanswered. Only a whole answer tells: none that was cancelled or filtered. Small talk
 * and questions about the chat itself ask nothing of the documents.
 */
export function whyUnanswered(
  question: string,
  passages: readonly Passage[],
  { finishReason, sources }: Pick<AnswerResult, "finishReason" | "sources">,
): UnansweredReason | undefined {
  if (finishReason === "content_filter" || sources.length > 0) return undefined;
  if (!/[\p{L}\p{N}]/u.test(question)) return undefined;
  if (readSmallTalk(question) !== undefined || asksOfChat(question)) return undefined;
  return passages.length === 0 ? "nothing_found" : "not_in_documents";
}
