import type { Message } from "../message.ts";
import type { Answerer, AnswerResult } from "../answering/answerer.ts";
import type { TurnBudget } from "../answering/budget.ts";
import type { Retrieval, Retriever } from "../documents/retriever.ts";
import type { TurnStore } from "./turn-store.ts";
import { standaloneQuestion } from "../answering/standalone-question.ts";
import { whyUnanswered, type UnansweredReason } from "../answering/unanswered.ts";
import type { Clock } from "../ports.ts";
import { persistBriefly } from "./persist.ts";
import type { Tenant } from "../tenant.ts";

export interface TurnJob {
  readonly tenant: Tenant;
  readonly question: Message;
  readonly answer: Message;
  /** When the question arrived, or the turn was taken over (milliseconds since the epoch). */
  readonly since: number;
}

export interface TurnDeps {
  readonly turns: TurnStore;
  readonly retriever: Retriever;
  readonly answerer: Answerer;
  readonly clock: Clock;
}

export const maxPassages = 6;
const maxHistory = 20;
const nothing: Retrieval = { passages: [], degraded: [] };

/** How an answer ended, and why its question is to be kept as unanswered; undefined where it isn't. */
export interface TurnResult extends AnswerResult {
  readonly unanswered: UnansweredReason | undefined;
}

/** The work of one turn: retrieve, ask, stream. Yields the answer's text, returns how it ended. */
export async function* answerTurn(
  { turns, retriever, answerer, clock }: TurnDeps,
  { tenant, question }: TurnJob,
  budget: TurnBudget,
  signal: AbortSignal,
): AsyncGenerator<string, TurnResult, undefined> {
  const ask = <T>(store: () => Promise<T>) => persistBriefly(clock, signal, store);
  const history = await ask(() => turns.listHistory(tenant, question, maxHistory));
  const asked = standaloneQuestion(question.content, history);
  const { passages, degraded } = tenant.settings.features.rag
    ? await ask(() => retriever.retrieve(tenant, asked, maxPassages, signal))
    : nothing;
  signal.throwIfAborted();
  const request = { tenant, question: question.content, history, passages, budget };
  const result = yield* answerer.answer(request, signal);
  const { rag } = tenant.settings.features;
  return {
    ...result,
    // Without documents a number in brackets cites nothing.
    citations: rag ? result.citations : [],
    degraded: [...degraded, ...(result.degraded ?? [])],
    unanswered: rag ? whyUnanswered(question.content, passages, result) : undefined,
  };
}
