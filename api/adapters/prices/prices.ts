import { calcPrice, findProvider, type ModelInfo, type ModelPrice } from "@pydantic/genai-prices";
import type { PriceTable } from "../../core/answering/answerer.ts";

/** Prices in the data are for a million tokens. */
const perMillion = 1e6;

/**
 * The prices that the package brings along; nothing is fetched. A provider that the address belongs
 * to has its own prices; behind any other address (a proxy, a server of one's own) the names of
 * OpenAI's models have OpenAI's prices and all other models none.
 * @param baseUrl of the API; undefined for OpenAI's own.
 */
export function createPriceTable(baseUrl?: string): PriceTable {
  const found = baseUrl ? findProvider({ providerApiUrl: baseUrl }) : undefined;
  const providerId = found?.id ?? "openai";

  function find(model: string): { info: ModelInfo; price: ModelPrice } | undefined {
    const use = { input_tokens: 0, output_tokens: 0 };
    const result = calcPrice(use, model, { providerId });
    return result ? { info: result.model, price: result.model_price } : undefined;
  }

  return {
    priceOf(model) {
      const price = find(model)?.price;
      const input = price && read(price, "input_mtok");
      const output = price && read(price, "output_mtok");
      if (!price || input === undefined || output === undefined) return undefined;
      const cached = read(price, "cache_read_mtok");
      return {
        inputPerToken: input,
        outputPerToken: output,
        ...(cached !== undefined && { cachedInputPerToken: cached }),
      };
    },
    contextOf: (model) => find(model)?.info.context_window,
  };
}

/** Per token; of a price in tiers the first, which holds for prompts as short as ours. */
function read(price: ModelPrice, key: string): number | undefined {
  const value = price[key];
  const perMillionTokens = typeof value === "object" ? value.base : value;
  return perMillionTokens === undefined ? undefined : perMillionTokens / perMillion;
}
