import type { Message } from "../message.ts";
import type { Answerer, AnswerResult } from "../answering/answerer.ts";
import type { TurnBudget } from "../answering/budget.ts";
import type { Retrieval, Retriever } from "../documents/retriever.ts";
import type { TurnStore } from "./turn-store.ts";
import { standaloneQuestion } from "../answering/small-talk.ts";
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

/** The work of one turn: retrieve, ask, stream. Yields the answer's text, returns how it ended. */
export async function* answerTurn(
  { turns, retriever, answerer, clock }: TurnDeps,
  { tenant, question }: TurnJob,
  budget: TurnBudget,
  signal: AbortSignal,
): AsyncGenerator<string, AnswerResult, undefined> {
  const ask = <T>(store: () => Promise<T>) => persistBriefly(clock, signal, store);
  const history = await ask(() =>
    turns.listHistory(tenant, question.chatId, question.seq, maxHistory),
  );
  const asked = standaloneQuestion(question.content, history);
  const { passages, degraded } = tenant.settings.features.rag
    ? await ask(() => retriever.retrieve(tenant, asked, maxPassages, signal))
    : nothing;
  signal.throwIfAborted();
  const request = { tenant, question: question.content, history, passages, budget };
  const result = yield* answerer.answer(request, signal);
  return { ...result, degraded: [...degraded, ...(result.degraded ?? [])] };
}
