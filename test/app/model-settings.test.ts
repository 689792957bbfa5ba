import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTokenCounter } from "../../api/adapters/tokenizer/tokens.ts";
import { startModelPlatform, type ModelPlatform } from "../support/model-platform.ts";
import { answerWith, type ModelRequest } from "../support/openai-server.ts";
import { teach } from "../support/platform.ts";

const question = "How should I water tomatoes?";

describe("with a small context", () => {
  let small: ModelPlatform;
  beforeAll(async () => {
    small = await startModelPlatform({ MODEL_CONTEXT_TOKENS: "2000", MODEL_REPLY_TOKENS: "200" });
  });
  afterAll(() => small?.close());

  it("history and passages stay within the budget, and the newest history comes along", async () => {
    const tokens = await createTokenCounter();
    const budget = (2000 - 200) * 0.9;
    await teach(small.platform, "garden", `# Guide\n\n${"Tomatoes want water. ".repeat(400)}`);
    const answer = "Water tomatoes well and often. ".repeat(40);
    small.server.use(answerWith([answer]));
    let chat: object = {};
    for (let n = 0; n < 6; n += 1) {
      const turn = await small.ask(`Question ${n}: do tomatoes want water?`, chat);
      await turn.end();
      chat = { chat_id: turn.chatId };
    }
    for (const { body } of small.server.requests) {
      const sum = body.messages.reduce((all, one) => all + tokens.countTokens(one.content) + 4, 3);
      expect(sum).toBeLessThanOrEqual(budget);
      expect(body.max_tokens).toBe(200);
    }
    const last = small.server.requests.at(-1)?.body.messages ?? [];
    expect(last.at(-1)?.content).toMatch(/<passage number="1"[^]*Question 5: do tomatoes/);
    expect(last.at(-3)?.content).toContain("Question 4");
    expect(last.map(({ content }) => content).join()).not.toContain("Question 0");
  });

  it("a shutdown closes the request", async () => {
    small.server.use(undefined);
    const from = small.server.requests.length;
    const turn = await small.ask(question);
    const request = await small.server.nth(from);
    request.say("At the root");
    await turn.client.until("response_chunk");
    await small.platform.stop();
    await request.closed;
    expect(await turn.client.closed).toBeGreaterThan(1000);
  });
});

describe("with a fallback model and time to ask again", () => {
  let patient: ModelPlatform;
  beforeAll(async () => {
    patient = await startModelPlatform({ OPENAI_FALLBACK_MODEL: "gpt-4o", MODEL_RETRY_MS: "5000" });
  });
  afterAll(() => patient?.close());

  it("a rate limit with Retry-After is waited out", async () => {
    patient.server.queue((request) => request.fail(429, undefined, { "retry-after": "0" }));
    patient.server.use(answerWith(["At the root."]));
    const { frame, text, ends } = await (await patient.ask(question)).end();
    expect({ text, ends }).toEqual({ text: "At the root.", ends: 1 });
    expect(frame).toMatchObject({ data: { degraded: [], model: "gpt-4" } });
    expect(patient.server.requests).toHaveLength(2);
  });

  it("the fallback model answers when the first one is down, and it is said", async () => {
    const down = (request: ModelRequest) =>
      request.fail(503, undefined, { "x-should-retry": "false" });
    patient.server.use((request) =>
      request.body.model === "gpt-4" ? down(request) : answerWith(["In the morning."])(request),
    );
    const turn = await patient.ask(question);
    const { frame, text } = await turn.end();
    expect(text).toBe("In the morning.");
    expect(frame).toMatchObject({ data: { degraded: ["model_unavailable"], model: "gpt-4o" } });
    expect(await patient.stored(turn.messageId)).toMatchObject({
      degraded: ["model_unavailable"],
      model: "gpt-4o",
    });
  });

  it("cancel closes the request, and what came is kept and paid for", async () => {
    patient.server.use(undefined);
    const from = patient.server.requests.length;
    const turn = await patient.ask(question);
    const request = await patient.server.nth(from);
    request.say("At the root [1]");
    await turn.client.until("response_chunk");
    turn.client.send("cancel", { message_id: turn.messageId });
    await request.closed;
    const { text, frame, ends } = await turn.end();
    expect({ text, ends }).toEqual({ text: "At the root [1]", ends: 1 });
    expect(frame).toMatchObject({
      data: { finish_reason: "cancelled", model: "gpt-4", usage_estimated: true },
    });
    const stored = await patient.stored(turn.messageId);
    expect(stored).toMatchObject({ content: text, finish_reason: "cancelled" });
    expect(Number(stored["cost_estimate"])).toBeGreaterThan(0);
  });
});
