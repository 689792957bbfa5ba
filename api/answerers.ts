import type { Config } from "./config.ts";
import type { ModelConfig } from "./model-config.ts";
import { createFallbackAnswerer } from "./core/answering/answer-fallback.ts";
import { createExtractiveAnswerer } from "./core/answering/extract-answer.ts";
import type { Answerer, TokenCounter } from "./core/answering/answerer.ts";
import type { Clock, Logger } from "./core/ports.ts";
import type { SentenceScorer } from "./core/documents/retriever.ts";

export interface AnswererDeps {
  readonly scorer: SentenceScorer;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Who answers: the configured model, behind it the fallback model where there is one, and at last
 * quotations of the documents; these alone where no model is configured.
 */
export async function createAnswerer(config: Config, deps: AnswererDeps): Promise<Answerer> {
  const { model, extractivePaceMs: paceMs } = config;
  if (!model) return createExtractiveAnswerer({ ...deps, paceMs });
  const { logger } = deps;
  const [primary, second] = await createModelAnswerers(model, deps);
  const fallback = createExtractiveAnswerer({ ...deps, paceMs, absence: "unavailable" });
  const answerer = second ? createFallbackAnswerer({ primary, fallback: second, logger }) : primary;
  return createFallbackAnswerer({ primary: answerer, fallback, logger });
}

async function createModelAnswerers(
  model: ModelConfig,
  deps: AnswererDeps,
): Promise<[primary: Answerer, second: Answerer | undefined]> {
  // Loaded here and not at the top: a start without a model needn't wait for the SDK.
  const [{ createOpenAIAnswerer }, { createPriceTable }] = await Promise.all([
    import("./adapters/openai/answerer.ts"),
    import("./adapters/prices/prices.ts"),
  ]);
  const { name, fallbackName, ...options } = model;
  const shared = { ...deps, ...options, prices: createPriceTable(model.baseUrl) };
  const primary = createOpenAIAnswerer({
    ...shared,
    modelOf: (tenant) => tenant.settings.model ?? name,
  });
  const second = fallbackName
    ? createOpenAIAnswerer({ ...shared, modelOf: () => fallbackName })
    : undefined;
  return [primary, second];
}

/** Which model answers and where, as a start says it; no key and no password. */
export function nameModel(model: ModelConfig | undefined): string | undefined {
  if (!model) return undefined;
  const host = model.baseUrl ? new URL(model.baseUrl).host : "api.openai.com";
  const fallback = model.fallbackName ? `, else by ${model.fallbackName}` : "";
  return `${model.name} at ${host}${fallback}`;
}
