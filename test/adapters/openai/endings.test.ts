import { afterEach, beforeEach, expect, it } from "vitest";
import { longestAnswer } from "../../../api/adapters/openai/answerer.ts";
import { tailMs } from "../../../api/adapters/openai/patience.ts";
import { settle } from "../../support/clock.ts";
import { tokens } from "../../support/core.ts";
import { sampleUsage } from "../../support/openai-server.ts";
import { openModelWorld, type ModelWorld } from "../../support/model-world.ts";

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
});

afterEach(async () => {
  expect(world.clock.timers).toBe(0);
  await world.close();
});

for (const reason of ["stop", "length", "content_filter"] as const) {
  it(`tells that the model ended by ${reason}`, async () => {
    world.server.use((request) => {
      request.say("Six hours");
      request.finish(reason);
      request.usage(sampleUsage);
      request.done();
    });
    const asked = world.ask();
    expect(await asked.result).toMatchObject({ finishReason: reason });
    expect(asked.text()).toBe("Six hours");
  });
}

it("shows a refusal and tells it as filtered", async () => {
  world.server.use((request) => {
    request.refuse("I can't ");
    request.refuse("help with that.");
    request.finish("stop");
    request.usage(sampleUsage);
    request.done();
  });
  const asked = world.ask();
  expect(await asked.result).toMatchObject({ finishReason: "content_filter" });
  expect(asked.text()).toBe("I can't help with that.");
});

it("takes an ending that it doesn't know for a plain one", async () => {
  world.server.use((request) => {
    request.say("Six hours");
    request.finish("eos_token");
    request.done();
  });
  expect(await world.ask().result).toMatchObject({ finishReason: "stop" });
});

it("an answer may be empty", async () => {
  world.server.use((request) => {
    request.finish("length");
    request.usage(sampleUsage);
    request.done();
  });
  const asked = world.ask();
  expect(await asked.result).toMatchObject({ finishReason: "length", sources: [] });
  expect(asked.pieces).toEqual([]);
});

it("counts the tokens itself where the provider gives no usage, and says so", async () => {
  world.server.use((request) => {
    request.say("Six hours of sun.");
    request.finish();
    request.done();
  });
  const asked = world.ask();
  const { usage } = await asked.result;
  const { body } = await world.server.nth(0);
  const sent = body.messages.reduce((sum, { content }) => sum + tokens.countTokens(content), 0);
  expect(usage.estimated).toBe(true);
  expect(usage.completionTokens).toBe(tokens.countTokens(asked.text()));
  expect(usage.promptTokens).toBeGreaterThanOrEqual(sent);
  expect(usage.promptTokens).toBeLessThan(sent + 20);
  expect(usage.cost).toBeCloseTo(0.001 * usage.promptTokens + 0.002 * usage.completionTokens, 8);
});

it("counts itself too where the usage makes no sense", async () => {
  world.server.use((request) => {
    request.say("Six hours.");
    request.finish();
    request.usage({ prompt_tokens: -1, completion_tokens: 0.5, total_tokens: 3 });
    request.done();
  });
  expect((await world.ask().result).usage.estimated).toBe(true);
});

it("an answer is whole without [DONE] when the model said that it has finished", async () => {
  world.server.use((request) => {
    request.say("Six hours.");
    request.finish();
    request.end();
  });
  expect(await world.ask().result).toMatchObject({ finishReason: "stop" });
});

it("an answer is whole with [DONE] alone", async () => {
  world.server.use((request) => {
    request.say("Six hours.");
    request.done();
  });
  expect(await world.ask().result).toMatchObject({ finishReason: "stop" });
});

it("waits only briefly for the usage of a whole answer, and closes the request", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("Six hours.");
  request.finish();
  await asked.reaches("Six hours.");
  // However alive the connection is kept.
  request.raw(": still here\n\n");
  world.clock.advance(tailMs);
  expect(await asked.result).toMatchObject({ finishReason: "stop", usage: { estimated: true } });
  await request.closed;
});

it("a connection that is cut behind a whole answer takes nothing from it", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("Six hours.");
  request.finish("length");
  await asked.reaches("Six hours.");
  request.cut();
  expect(await asked.result).toMatchObject({ finishReason: "length", usage: { estimated: true } });
});

it("stops a model that runs away, as if by its own limit", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("a".repeat(longestAnswer), "b");
  expect(await asked.result).toMatchObject({ finishReason: "length" });
  await request.closed;
});

it("passes over what says nothing: comments, roles, reasoning, empty pieces", async () => {
  world.server.use((request) => {
    request.raw(": a comment\n\nevent: message\nid: 1\nretry: 10\ndata: {}\n\n");
    request.raw('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n');
    request.raw('data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}\r\n\r\n');
    request.raw('data: {"choices":[{"index":0,"delta":null}]}\n\ndata: null\n\n');
    request.raw('data: {"choices":null}\n\ndata: {"choices":[{"delta":{"content":5}}]}\n\n');
    request.say("Six hours.");
    request.finish();
    request.done();
  });
  const asked = world.ask();
  await asked.result;
  expect(asked.text()).toBe("Six hours.");
});

it("puts together what the network took apart, within a character too", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  const line = Buffer.from('data: {"choices":[{"delta":{"content":"🌱 grün"}}]}\n\n');
  request.start();
  for (const byte of line) {
    request.raw(Buffer.from([byte]));
    await settle();
  }
  request.finish();
  request.done();
  await asked.result;
  expect(asked.text()).toBe("🌱 grün");
});
