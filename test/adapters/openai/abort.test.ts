import { afterEach, beforeEach, expect, it } from "vitest";
import { settle } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";
import { unlimited } from "../../support/budget.ts";
import { openModelWorld, passages, type ModelWorld } from "../../support/model-world.ts";

const toNobody = {
  tenant: makeTenant("demo"),
  question: "Sun?",
  history: [],
  budget: unlimited,
};

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
});

afterEach(async () => {
  expect(world.clock.timers).toBe(0);
  await world.close();
});

it("an abort in mid-stream closes the request and keeps what came, with its sources and cost", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("Six hours of sun [1].");
  await asked.reaches("Six hours of sun [1].");
  asked.abort();
  await request.closed;
  const { usage, sources, model } = await asked.result;
  expect(sources.map(({ number }) => number)).toEqual([1]);
  expect(model).toBe("gpt-test");
  expect(usage).toMatchObject({ completionTokens: 6, estimated: true });
  expect(usage.promptTokens).toBeGreaterThan(100);
  expect(usage.cost).toBeGreaterThan(0);
});

it("an abort before the headers closes the request", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  asked.abort();
  await request.closed;
  expect(await asked.result).toMatchObject({ sources: [], usage: { estimated: true } });
});

it("an abort ends the pause before another request", async () => {
  world.server.use((request) => request.fail(503, undefined, { "retry-after": "10" }));
  const asked = world.ask();
  while (world.logger.lines.length === 0) await settle();
  asked.abort();
  await asked.result;
  expect(world.server.requests).toHaveLength(1);
});

it("a reader that leaves closes the request", async () => {
  const never = new AbortController().signal;
  const request = { ...toNobody, passages };
  const parts = world.answerer.answer(request, never);
  const first = parts.next();
  const upstream = await world.server.nth(0);
  upstream.say("Six ");
  expect(await first).toEqual({ done: false, value: "Six " });
  await parts[Symbol.asyncDispose]();
  await upstream.closed;
});

it("an answer that was aborted before it began asks nothing", async () => {
  const asked = world.ask();
  asked.abort();
  await asked.result;
  expect(world.server.requests.length).toBeLessThanOrEqual(1);
  const aborted = AbortSignal.abort();
  const request = { ...toNobody, passages };
  const before = world.server.requests.length;
  await expect(world.answerer.answer(request, aborted).next()).rejects.toThrow(/abort/i);
  await settle();
  expect(world.server.requests).toHaveLength(before);
});
