import type { PriceTable } from "./answerer.ts";

/** What one request used, in tokens. */
export interface TokenUse {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of `promptTokens`: those that the provider had in its cache. */
  readonly cachedTokens?: number;
}

/** Costs are stored with this many decimals, so that what is told at once is what is read later. */
const decimals = 1e8;

/** In US dollars; 0 for a model without a price, such as one that runs on a machine of one's own. */
export function costOf(model: string, use: TokenUse, prices: Pick<PriceTable, "priceOf">): number {
  const price = prices.priceOf(model);
  if (!price) return 0;
  const { inputPerToken, outputPerToken, cachedInputPerToken = inputPerToken } = price;
  const cached = Math.min(use.cachedTokens ?? 0, use.promptTokens);
  const input = (use.promptTokens - cached) * inputPerToken + cached * cachedInputPerToken;
  return Math.round((input + use.completionTokens * outputPerToken) * decimals) / decimals;
}
