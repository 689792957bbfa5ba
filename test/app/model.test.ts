import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { modelKey, startModelPlatform, type ModelPlatform } from "../support/model-platform.ts";
import { answerWith, sampleUsage, type ModelRequest } from "../support/openai-server.ts";
import { insertTenant } from "../support/platform.ts";

const question = "How should I water tomatoes?";

let world: ModelPlatform;
/** How many requests there were before the test. */
let earlier: number;

beforeAll(async () => {
  world = await startModelPlatform({ MODEL_IDLE_TIMEOUT_MS: "300", MODEL_TIMEOUT_MS: "2000" });
});

beforeEach(() => {
  earlier = world.server.requests.length;
});

afterEach(() => world.server.use(undefined));

afterAll(() => world?.close());

const nextRequest = (): Promise<ModelRequest> => world.server.nth(earlier);

it("says which model answers", () => {
  expect(world.platform.app.modelName).toBe(`gpt-4 at ${new URL(world.server.baseUrl).host}`);
});

it("streams the model's text, and tells and stores its usage, cost and sources", async () => {
  world.server.use(answerWith(["At the root, ", "in the morning [1]."]));
  const turn = await world.ask(question);
  const { text, frame, ends } = await turn.end();
  expect({ text, ends }).toEqual({ text: "At the root, in the morning [1].", ends: 1 });
  expect(frame).toMatchObject({
    type: "response_complete",
    data: {
      total_tokens: 150,
      cost_estimate: 0.0054,
      finish_reason: "stop",
      model: "gpt-4",
      usage_estimated: false,
      degraded: [],
      sources: [{ number: 1, title: "Garden guide" }],
    },
  });
  expect(await world.stored(turn.messageId)).toMatchObject({
    content: text,
    state: "complete",
    prompt_tokens: 120,
    completion_tokens: 30,
    total_tokens: 150,
    cost_estimate: "0.00540000",
    model: "gpt-4",
    degraded: [],
  });
  const used = await world.platform.adminSql(
    "select total_tokens, cost_estimate, model from tenant_garden.analytics where message_id = $1",
    [turn.messageId],
  );
  expect(used).toEqual([{ total_tokens: 150, cost_estimate: "0.00540000", model: "gpt-4" }]);
});

it("publishes the first piece before the second one is there", async () => {
  const turn = await world.ask(question);
  const request = await nextRequest();
  request.say("At the ");
  expect((await turn.client.until("response_chunk")).data.content).toBe("At the ");
  request.say("root.");
  expect((await turn.client.until("response_chunk")).data.content).toBe("root.");
  request.finish();
  request.usage(sampleUsage);
  request.done();
  expect((await turn.end()).text).toBe("At the root.");
});

describe("an answer that breaks off ends in one error, with its text kept and its request closed", () => {
  const faults: Readonly<Record<string, readonly [string, (request: ModelRequest) => void]>> = {
    "a cut connection": ["MODEL_UNAVAILABLE", (request) => request.cut()],
    "a stall in mid-stream": ["MODEL_TIMEOUT", () => undefined],
    "malformed JSON": ["MODEL_UNAVAILABLE", (request) => request.raw("data: {oh\n\n")],
    "malformed events": ["MODEL_UNAVAILABLE", (request) => request.raw("oh: no\n\n")],
    "an error in the stream": [
      "MODEL_UNAVAILABLE",
      (request) => request.raw('data: {"error":{"message":"Overloaded"}}\n\n'),
    ],
  };
  for (const [what, [code, strike]] of Object.entries(faults)) {
    it(what, async () => {
      const turn = await world.ask(question);
      const request = await nextRequest();
      request.say("At the root");
      await turn.client.until("response_chunk");
      strike(request);
      const { text, frame, ends } = await turn.end();
      expect(frame).toMatchObject({ type: "error", data: { error_code: code } });
      expect({ text, ends }).toEqual({ text: "At the root", ends: 1 });
      await request.closed;
      const stored = await world.stored(turn.messageId);
      expect(stored).toMatchObject({ content: "At the root", state: "error", error_code: code });
      expect(Number(stored["cost_estimate"])).toBeGreaterThan(0);
      expect(world.server.requests).toHaveLength(earlier + 1);
    });
  }
});

describe("an answer that the provider ends early is complete, and says why", () => {
  for (const reason of ["length", "content_filter"]) {
    it(reason, async () => {
      world.server.use((request) => {
        request.say("At the root");
        request.finish(reason);
        request.usage(sampleUsage);
        request.done();
      });
      const turn = await world.ask(question);
      const { frame, ends, text } = await turn.end();
      expect({ text, ends }).toEqual({ text: "At the root", ends: 1 });
      expect(frame).toMatchObject({ data: { finish_reason: reason, total_tokens: 150 } });
    });
  }

  it("a refusal", async () => {
    world.server.use((request) => {
      request.refuse("I can't help with that.");
      request.finish();
      request.done();
    });
    const turn = await world.ask(question);
    const { frame, text } = await turn.end();
    expect(text).toBe("I can't help with that.");
    expect(frame).toMatchObject({ data: { finish_reason: "content_filter" } });
  });
});

it("counts the usage where the provider gives none, and says so", async () => {
  world.server.use((request) => {
    request.say("At the root.");
    request.finish();
    request.done();
  });
  const turn = await world.ask(question);
  const { frame } = await turn.end();
  expect(frame).toMatchObject({ data: { usage_estimated: true } });
  const stored = await world.stored(turn.messageId);
  expect(stored["prompt_tokens"]).toBeGreaterThan(200);
  expect(stored["completion_tokens"]).toBe(4);
});

it("a turn goes on when its reader leaves", async () => {
  const turn = await world.ask(question);
  const request = await nextRequest();
  request.say("At the ");
  await turn.client.until("response_chunk");
  turn.client.drop();
  await turn.client.closed;
  request.say("root.");
  request.finish();
  request.done();
  await request.over;
  const { client } = await world.ask("hello again", { chat_id: turn.chatId });
  const second = await world.server.nth(earlier + 1);
  expect(second.body.messages.at(-2)).toEqual({ role: "assistant", content: "At the root." });
  second.done();
  await client.until("response_complete");
  await client.close();
});

it("a request that the model refuses is an error of its own, and nothing covers it up", async () => {
  world.server.use((request) => request.fail(400, { message: "Bad", code: "bad" }));
  const { frame, ends } = await (await world.ask(question)).end();
  expect(frame).toMatchObject({ type: "error", data: { error_code: "MODEL_REFUSED_REQUEST" } });
  expect(ends).toBe(1);
  expect(world.server.requests).toHaveLength(earlier + 1);
});

for (const status of [401, 404, 429, 500, 503]) {
  it(`status ${status} before the first piece: the documents are quoted, and it is said`, async () => {
    world.server.use((request) => request.fail(status));
    const turn = await world.ask(question);
    const { text, frame, ends } = await turn.end();
    expect(ends).toBe(1);
    expect(text).toContain("Water tomatoes at the root in the morning");
    expect(text).toContain("The language model is not available at the moment");
    expect(text).not.toContain("configured");
    expect(frame).toMatchObject({
      data: { degraded: ["model_unavailable"], model: "extractive", cost_estimate: 0 },
    });
    expect((await world.stored(turn.messageId))["degraded"]).toEqual(["model_unavailable"]);
  });
}

it("each tenant has its own prompt, model and temperature", async () => {
  const settings = { prompt: "You are Captain Root.", model: "gpt-4o", temperature: 0.1 };
  await insertTenant(world.platform, "ship", settings);
  world.server.use(answerWith(["Aye."]));
  const { frame } = await (await world.ask("Hello?", {}, "ship")).end();
  await (await world.ask("Hello?")).end();
  const [ship, garden] = world.server.requests.slice(earlier);
  expect(frame).toMatchObject({ data: { model: "gpt-4o", cost_estimate: 0.0006 } });
  expect(ship?.body).toMatchObject({ model: "gpt-4o", temperature: 0.1 });
  expect(ship?.body.messages[0]?.content).toMatch(/^You are Captain Root\./);
  expect(garden?.body.model).toBe("gpt-4");
  expect(garden?.body).not.toHaveProperty("temperature");
  expect(garden?.body.messages[0]?.content).toMatch(/^You are the assistant of garden/);
});

it("the SQL of docs/answers.md gives a tenant its own prompt, model and temperature", async () => {
  const { platform, server } = world;
  await insertTenant(platform, "demo");
  const text = await readFile(join(import.meta.dirname, "../../docs/answers.md"), "utf8");
  await platform.sql(/```sql\n([^`]+)```/.exec(text)?.[1] ?? "");
  const modelOf = async () => (await platform.app.tenants.findTenant("demo"))?.settings.model;
  await expect.poll(modelOf).toBe("gpt-4o-mini");
  server.use(answerWith(["Hello."]));
  await (await world.ask("Hello?", {}, "demo")).end();
  const { body } = await nextRequest();
  expect(body).toMatchObject({ model: "gpt-4o-mini", temperature: 0.2 });
  expect(body.messages[0]?.content).toMatch(/^You are the help desk of Acme\./);
});

it("the key never stands in a log or a stored message", async () => {
  world.server.use((request) => request.fail(401, { message: `${modelKey} is no good` }));
  await (await world.ask(question)).end();
  world.server.use((request) => request.fail(400, { message: `${modelKey} is no good` }));
  await (await world.ask(question)).end();
  expect(world.logger.lines.length).toBeGreaterThan(1);
  expect(inspect(world.logger.lines, { depth: 20 })).not.toContain("0123456789");
  const rows = await world.platform.adminSql("select * from tenant_garden.chat_messages");
  expect(inspect(rows, { maxArrayLength: null })).not.toContain("0123456789");
});
