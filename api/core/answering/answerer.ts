import type { Passage } from "../documents/retriever.ts";
import type { Citation, FinishReason, Message, Source, Usage } from "../message.ts";
import type { Tenant } from "../tenant.ts";
import type { TurnBudget } from "./budget.ts";

export interface AnswerRequest {
  readonly tenant: Tenant;
  readonly question: string;
  readonly history: readonly Message[];
  readonly passages: readonly Passage[];
  /** To be asked before each request that costs money. */
  readonly budget: TurnBudget;
}

export interface AnswerResult {
  readonly finishReason: Exclude<FinishReason, "cancelled">;
  readonly model: string;
  readonly sources: readonly Source[];
  readonly citations: readonly Citation[];
  /** What the answer had to do without, such as `model_unavailable` or `budget_model`. */
  readonly degraded?: readonly string[];
  /** From the provider where it says, else counted. */
  readonly usage: Usage;
}

export interface Answerer {
  /** Yields the answer's text piece by piece; an aborted signal ends it early, by return or by a throw. */
  answer(
    request: AnswerRequest,
    signal: AbortSignal,
  ): AsyncGenerator<string, AnswerResult, undefined>;
}

export interface TokenCounter {
  countTokens(text: string): number;
}

/** What models cost and can take, by name, from static data. */
export interface PriceTable {
  /** Undefined for an unknown model and for one that runs on a machine of one's own. */
  priceOf(model: string): ModelPrice | undefined;
  /** Tokens of prompt and answer together; undefined where that is not known. */
  contextOf(model: string): number | undefined;
}

/** US dollars. */
export interface ModelPrice {
  readonly inputPerToken: number;
  readonly outputPerToken: number;
  /** Of the prompt's tokens that the provider had in its cache; missing where there is no rebate. */
  readonly cachedInputPerToken?: number;
}
