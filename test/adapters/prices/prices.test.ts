import { expect, it } from "vitest";
import { createPriceTable } from "../../../api/adapters/prices/prices.ts";
import { costOf } from "../../../api/core/answering/cost.ts";

const openAI = createPriceTable();

it("knows the prices and the contexts of OpenAI's models, dated ones too", () => {
  for (const model of ["gpt-4", "gpt-4-0613"]) {
    expect(openAI.priceOf(model)).toEqual({ inputPerToken: 0.00003, outputPerToken: 0.00006 });
    expect(openAI.contextOf(model)).toBe(8192);
  }
  expect(openAI.priceOf("gpt-4o-mini")).toEqual({
    inputPerToken: expect.closeTo(0.15e-6, 12),
    outputPerToken: expect.closeTo(0.6e-6, 12),
    cachedInputPerToken: expect.closeTo(0.075e-6, 12),
  });
});

it("knows nothing of models that aren't OpenAI's", () => {
  for (const model of ["llama3.2", "mistral:7b", "my-own", ""]) {
    expect(openAI.priceOf(model), model).toBeUndefined();
    expect(openAI.contextOf(model), model).toBeUndefined();
  }
});

it("takes the prices of the provider that an address belongs to", () => {
  const groq = createPriceTable("https://api.groq.com/openai/v1");
  expect(groq.priceOf("llama-3.3-70b-versatile")?.inputPerToken).toBeGreaterThan(0);
  expect(groq.priceOf("gpt-4")).toBeUndefined();
});

it("behind any other address OpenAI's models have OpenAI's prices, and others none", () => {
  const proxy = createPriceTable("http://localhost:11434/v1");
  expect(proxy.priceOf("gpt-4")).toEqual(openAI.priceOf("gpt-4"));
  expect(proxy.priceOf("llama3.2")).toBeUndefined();
});

it("asks nobody", () => {
  const { fetch } = globalThis;
  globalThis.fetch = () => {
    throw new Error("A request was made");
  };
  try {
    expect(createPriceTable("https://openrouter.ai/api/v1").priceOf("openai/gpt-4o")).toBeDefined();
  } finally {
    globalThis.fetch = fetch;
  }
});

it("gives a cost in US dollars", () => {
  const use = { promptTokens: 1000, completionTokens: 500 };
  expect(costOf("gpt-4", use, openAI)).toBe(0.06);
});
