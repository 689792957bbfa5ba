import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openBudgetWorld, type BudgetWorld } from "../support/budget-world.ts";
import { answerWith, sampleUsage, type ModelRequest } from "../support/openai-server.ts";
import { teach } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

const question = "How should I water tomatoes?";
const message = "The language model's budget for today is used up";

let world: BudgetWorld;
/** How many requests there were before the test. */
let earlier: number;

beforeAll(async () => {
  // Twice as dear as gpt-4.
  world = await openBudgetWorld({ OPENAI_FALLBACK_MODEL: "gpt-4-32k" });
});

beforeEach(() => {
  earlier = world.model.requests.length;
});

afterEach(() => world.model.use(undefined));

afterAll(() => world?.close());

/** A tenant that knows about tomatoes. @returns what the question has to hold, by model. */
async function addGardener(id: string) {
  await world.addTenant(id);
  await teach(world.one, id);
  const holdOf = await world.probe(id, question);
  earlier = world.model.requests.length;
  return holdOf;
}

const finish = (request: ModelRequest) => answerWith(["At the root."])(request);
const modelsAsked = () => world.model.requests.slice(earlier).map(({ body }) => body.model);

test("the usual model, the cheaper one, quotations, refusal: each where the one before doesn't fit any more", async () => {
  const { model, one, two, ask, readBudget, setBudget } = world;
  const holdOf = await addGardener("steps");
  const [usual, cheaper] = [holdOf("gpt-4"), holdOf("gpt-4o-mini")];
  expect(usual).toBeGreaterThan(10 * cheaper);
  const budget = { usd_per_day: usual + 1.5 * cheaper, cheaper_model: "gpt-4o-mini" };
  await setBudget("steps", { ...budget, at_limit: ["cheaper_model", "extract"] });

  const first = await ask(one, "steps", question);
  const dear = await first.request();
  const second = await ask(two, "steps", question);
  const cheap = await second.request();
  expect(modelsAsked()).toEqual(["gpt-4", "gpt-4o-mini"]);
  expect(await readBudget("steps")).toMatchObject({
    spent: 0,
    held: expect.closeTo(usual + cheaper, 8),
  });

  const third = await ask(one, "steps", question);
  const quoted = await third.end();
  expect(quoted).toMatchObject({
    type: "response_complete",
    data: { model: "extractive", cost_estimate: 0, degraded: ["budget_extract"] },
  });
  const text = third.client.frames
    .map((frame) => (frame.type === "response_chunk" ? frame.data.content : ""))
    .join("");
  expect(text).toContain("Water tomatoes at the root in the morning");
  expect(text).toContain(`${message}, so this answer quotes the documents word for word.`);

  await setBudget("steps", { ...budget, at_limit: "cheaper_model" });
  expect(await (await ask(two, "steps", question)).end()).toMatchObject({
    type: "error",
    data: { error_code: "BUDGET_EXCEEDED", message },
  });
  expect(model.requests).toHaveLength(earlier + 2);

  finish(dear);
  finish(cheap);
  expect(await first.end()).toMatchObject({ data: { model: "gpt-4", degraded: [] } });
  expect(await second.end()).toMatchObject({
    data: { model: "gpt-4o-mini", degraded: ["budget_model"] },
  });
  const { prompt_tokens, completion_tokens } = sampleUsage;
  const spent = prompt_tokens * (30e-6 + 0.15e-6) + completion_tokens * (60e-6 + 0.6e-6);
  expect(await readBudget("steps")).toMatchObject({ spent: expect.closeTo(spent, 7), held: 0 });
});

test("the fallback model is held for at its own price, in place of the one that is down", async () => {
  const { model, one, ask, readBudget, setBudget } = world;
  const holdOf = await addGardener("fallback");
  await setBudget("fallback", { usd_per_day: holdOf("gpt-4-32k"), at_limit: [] });
  model.queue((request) => request.fail(401));
  const asked = await ask(one, "fallback", question);
  const second = await model.nth(earlier + 1);
  expect(modelsAsked()).toEqual(["gpt-4", "gpt-4-32k"]);
  expect(await readBudget("fallback")).toMatchObject({
    spent: 0,
    held: expect.closeTo(holdOf("gpt-4-32k"), 8),
  });
  finish(second);
  expect(await asked.end()).toMatchObject({
    data: { model: "gpt-4-32k", degraded: ["model_unavailable"] },
  });
  expect(await readBudget("fallback")).toMatchObject({
    spent: expect.closeTo(120 * 60e-6 + 30 * 120e-6, 8),
    held: 0,
  });
});

test("a fallback model that doesn't fit isn't asked: the tenant's steps follow", async () => {
  const { model, one, ask, readBudget, setBudget } = world;
  const holdOf = await addGardener("too-dear");
  await setBudget("too-dear", { usd_per_day: 1.5 * holdOf("gpt-4") });
  model.use((request) => request.fail(401));
  const frame = await (await ask(one, "too-dear", question)).end();
  expect(frame).toMatchObject({ data: { model: "extractive", degraded: ["budget_extract"] } });
  expect(modelsAsked()).toEqual(["gpt-4"]);
  expect(await readBudget("too-dear")).toMatchObject({ spent: 0, held: 0 });
});

test("a model without a price is asked however little there is to spend", async () => {
  const { model, one, ask, addTenant } = world;
  await addTenant("own", { model: "llama3", budget: { usd_per_day: 0, at_limit: [] } });
  model.use(finish);
  expect(await (await ask(one, "own", question)).end()).toMatchObject({
    data: { model: "llama3", cost_estimate: 0, degraded: [] },
  });
});

test("the SQL of docs/answers.md gives a tenant its budget", async () => {
  const { one, addTenant } = world;
  await addTenant("demo");
  const text = await readFile(join(import.meta.dirname, "../../docs/answers.md"), "utf8");
  const [sql = ""] = /(?<=```sql\n)[^`]*"budget"[^`]*(?=```)/.exec(text) ?? [];
  await one.sql(sql);
  const budget = async () => (await one.app.tenants.findTenant("demo"))?.settings.budget;
  await expect.poll(budget).toEqual({
    perDay: 5,
    atLimit: ["cheaper_model", "extract"],
    cheaperModel: "gpt-4o-mini",
  });
});

test("a refused answer ends its turn by name, for readers at every door and whenever they come", async () => {
  const { one, two, ask, addTenant } = world;
  await addTenant("broke", { budget: { usd_per_day: 0, at_limit: [] } });
  const { chatId, messageId, end } = await ask(one, "broke", question);
  const error = { error_code: "BUDGET_EXCEEDED", message, message_id: messageId };
  expect(await end()).toMatchObject({ type: "error", data: error });
  const late = await openWs(two.wsUrl, { tenant_id: "broke" });
  late.send("resume", { message_id: messageId });
  expect(await late.until("error")).toMatchObject({ data: error });
  await late.close();

  const headers = { "X-Tenant-ID": "broke", "Content-Type": "application/json" };
  const post = (path: string, body: object, accept = "application/json") =>
    fetch(`${two.url}${path}`, {
      method: "POST",
      headers: { ...headers, Accept: accept },
      body: JSON.stringify(body),
    });
  const shown = { code: "BUDGET_EXCEEDED", message };
  const messages = `/api/v1/chat/${chatId}/messages`;
  const posted = await post(messages, { content: question });
  expect(posted.status).toBe(200);
  expect(await posted.json()).toMatchObject({ reply: { status: "error", error: shown } });
  const streamed = await (await post(messages, { content: question }, "text/event-stream")).text();
  expect(streamed).toMatch(/event: error\n[^]*"error_code":"BUDGET_EXCEEDED"/);
  const list = await fetch(`${one.url}${messages}`, { headers });
  const { items } = (await list.json()) as { items: { error: unknown }[] };
  expect(items.filter((item) => item.error !== null).map((item) => item.error)).toEqual([
    shown,
    shown,
    shown,
  ]);

  const events = `subscription ($chatId: ID!, $after: String) { turnEvents(chatId: $chatId, after: $after) {
    __typename ... on ResponseError { error { code message } } } }`;
  const variables = { chatId, after: messageId };
  const watched = await post("/graphql", { query: events, variables }, "text/event-stream");
  expect(await readUntil(watched, JSON.stringify(shown))).toContain("ResponseError");
  const query = "query ($id: ID!) { message(id: $id) { status error { code message } } }";
  const found = await post("/graphql", { query, variables: { id: messageId } });
  expect(await found.json()).toEqual({ data: { message: { status: "ERROR", error: shown } } });
  expect(world.model.requests).toHaveLength(earlier);
});

/** What a stream sends up to these words; it is left then. */
async function readUntil(response: Response, words: string): Promise<string> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.includes(words)) return text;
  }
  throw new Error(`The stream ended without ${words}: ${text}`);
}
