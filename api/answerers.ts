import type { Config } from "./config.ts";
import type { ModelConfig } from "./model-config.ts";
import { createFallbackAnswerer } from "./core/answering/answer-fallback.ts";
import { createBudgetedAnswerer } from "./core/answering/answer-within-budget.ts";
import { createExtractiveAnswerer } from "./core/answering/extract-answer.ts";
import type { Answerer, TokenCounter } from "./core/answering/answerer.ts";
import type { ModelAbsence } from "./core/answering/model-absence.ts";
import type { Clock, Logger } from "./core/ports.ts";
import type { SentenceScorer } from "./core/documents/retriever.ts";
import type { Tenant } from "./core/tenant.ts";

export interface AnswererDeps {
  readonly scorer: SentenceScorer;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Who answers: the configured model, behind it the fallback model where there is one, where their price doesn't fit
 * the tenant's budget the steps that the tenant has chosen, and at last quotations of the documents; these alone where no
 * model is configured.
 */
export async function createAnswerer(config: Config, deps: AnswererDeps): Promise<Answerer> {
  const { model, extractivePaceMs: paceMs } = config;
  if (!model) return createExtractiveAnswerer({ ...deps, paceMs });
  const { logger } = deps;
  const { primary, second, cheaper } = await createModelAnswerers(model, deps);
  const quote = (absence: ModelAbsence) => createExtractiveAnswerer({ ...deps, paceMs, absence });
  const budgeted = createBudgetedAnswerer({
    usual: second ? createFallbackAnswerer({ primary, fallback: second, logger }) : primary,
    steps: { cheaper_model: cheaper, extract: quote("over_budget") },
    logger,
  });
  return createFallbackAnswerer({ primary: budgeted, fallback: quote("unavailable"), logger });
}

interface ModelAnswerers {
  readonly primary: Answerer;
  readonly second: Answerer | undefined;
  /** For tenants that name a cheaper model. */
  readonly cheaper: Answerer;
}

async function createModelAnswerers(
  model: ModelConfig,
  deps: AnswererDeps,
): Promise<ModelAnswerers> {
  // Loaded here and not at the top: a start without a model needn't wait for the SDK.
  const [{ createOpenAIAnswerer }, { createPriceTable }] = await Promise.all([
    import("./adapters/openai/answerer.ts"),
    import("./adapters/prices/prices.ts"),
  ]);
  const { name, fallbackName, ...options } = model;
  const shared = { ...deps, ...options, prices: createPriceTable(model.baseUrl) };
  const answerBy = (modelOf: (tenant: Tenant) => string) =>
    createOpenAIAnswerer({ ...shared, modelOf });
  return {
    primary: answerBy(({ settings }) => settings.model ?? name),
    second: fallbackName ? answerBy(() => fallbackName) : undefined,
    cheaper: answerBy(({ settings }) => settings.budget.cheaperModel ?? name),
  };
}

/** Which model answers and where, as a start says it; no key and no password. */
export function nameModel(model: ModelConfig | undefined): string | undefined {
  if (!model) return undefined;
  const host = model.baseUrl ? new URL(model.baseUrl).host : "api.openai.com";
  const fallback = model.fallbackName ? `, else by ${model.fallbackName}` : "";
  return `${model.name} at ${host}${fallback}`;
}
