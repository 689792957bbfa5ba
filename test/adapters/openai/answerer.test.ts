import { afterEach, beforeEach, expect, it } from "vitest";
import { answerWith } from "../../support/openai-server.ts";
import { openModelWorld, passages, type ModelWorld } from "../../support/model-world.ts";
import { makeTenant } from "../../support/tenant.ts";

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
});

afterEach(() => world.close());

it("yields the text as it comes, and joins what comes together", async () => {
  const { server } = world;
  const asked = world.ask();
  const request = await server.nth(0);
  request.say("Six ");
  await asked.reaches("Six ");
  request.say("hours ", "of ", "sun.");
  await asked.reaches("Six hours of sun.");
  expect(asked.pieces.length).toBeLessThan(4);
  request.finish();
  request.done();
  expect(await asked.result).toMatchObject({ finishReason: "stop", model: "gpt-test" });
});

it("takes the usage of the provider's last chunk, with the price of what was cached", async () => {
  const usage = {
    prompt_tokens: 1000,
    completion_tokens: 200,
    total_tokens: 1200,
    prompt_tokens_details: { cached_tokens: 400 },
  };
  world.server.use(answerWith(["Six hours."], usage));
  const { usage: used } = await world.ask().result;
  expect(used).toEqual({
    promptTokens: 1000,
    completionTokens: 200,
    totalTokens: 1200,
    cost: 1.2,
    estimated: false,
  });
});

it("names the sources that the text cites, and no others", async () => {
  world.server.use(answerWith(["Six hours of sun [1", "]. Seven [7]."]));
  const { sources } = await world.ask().result;
  expect(sources).toEqual([
    expect.objectContaining({
      number: 1,
      document_id: "document-1",
      excerpt: "Tomatoes want six hours of sun.",
      start: 100,
      end: 131,
      score: 0.9,
    }),
  ]);
});

it("asks for a stream with its usage, and gives the model the passages and the question", async () => {
  world.server.use(answerWith(["Yes."]));
  await world.ask().result;
  const { path, body, headers } = await world.server.nth(0);
  expect(path).toBe("/v1/chat/completions");
  expect(headers["authorization"]).toBe("Bearer sk-secret-key-of-the-test");
  expect(Object.keys(body)).toEqual(["model", "messages", "stream", "stream_options"]);
  expect(body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  const last = body.messages.at(-1);
  for (const { text } of passages) expect(last?.content).toContain(text);
  expect(last?.content).toMatch(/How much sun do tomatoes want\?$/);
});

it("takes prompt, model and temperature from the tenant's settings", async () => {
  world.server.use(answerWith(["Aye."]));
  const settings = { prompt: "Talk like a pirate.", model: "gpt-other", temperature: 0.3 };
  const { model, usage } = await world.ask({ tenant: makeTenant("ship", settings) }).result;
  const { body } = await world.server.nth(0);
  expect(model).toBe("gpt-other");
  expect(usage.cost).toBe(0);
  expect(body).toMatchObject({ model: "gpt-other", temperature: 0.3 });
  expect(body.messages[0]?.content).toMatch(/^Talk like a pirate\./);
});

it("leaves a temperature out that no model takes", async () => {
  world.server.use(answerWith(["Yes."]));
  await world.ask({ tenant: makeTenant("hot", { temperature: 20 }) }).result;
  expect((await world.server.nth(0)).body).not.toHaveProperty("temperature");
});

it("sends no key where none is configured, whatever the environment says", async () => {
  process.env["OPENAI_API_KEY"] = "sk-of-the-environment";
  const keyless = await openModelWorld({ apiKey: undefined });
  try {
    keyless.server.use(answerWith(["Yes."]));
    await keyless.ask().result;
    expect((await keyless.server.nth(0)).headers).not.toHaveProperty("authorization");
  } finally {
    delete process.env["OPENAI_API_KEY"];
    await keyless.close();
  }
});

it("asks for at most so many tokens as are configured, and keeps them free", async () => {
  const limited = await openModelWorld({ contextTokens: 2000, replyTokens: 500 });
  try {
    limited.server.use(answerWith(["Yes."]));
    await limited.ask().result;
    expect((await limited.server.nth(0)).body).toMatchObject({ max_tokens: 500 });
  } finally {
    await limited.close();
  }
});

it("keeps connections for later answers", async () => {
  world.server.use(answerWith(["Yes."]));
  for (let n = 0; n < 8; n += 1) await world.ask().result;
  const ports = world.server.requests.map(({ port }) => port);
  // The next request may come just before the last connection is free.
  expect(new Set(ports).size).toBeLessThan(4);
  expect(world.clock.timers).toBe(0);
});
