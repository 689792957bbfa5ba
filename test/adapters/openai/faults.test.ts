import { afterEach, beforeEach, expect, it } from "vitest";
import { ModelError } from "../../../api/core/answering/model-error.ts";
import { settle } from "../../support/clock.ts";
import { openModelWorld, timeouts, type ModelWorld } from "../../support/model-world.ts";
import type { ModelRequest } from "../../support/openai-server.ts";

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
});

afterEach(async () => {
  expect(world.clock.timers).toBe(0);
  await world.close();
});

async function failureOf(result: Promise<unknown>): Promise<ModelError> {
  const error: unknown = await result.then(
    () => new Error("It didn't fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelError)) throw error;
  return error;
}

/** What goes wrong in the middle of an answer, of which `Six ` has come. */
const faults: Readonly<Record<string, (request: ModelRequest) => void>> = {
  "the connection is cut": (request) => request.cut(),
  "the stream ends in its middle": (request) => request.end(),
  "a chunk is no JSON": (request) => request.raw('data: {"choices":[{"delta":{"con\n\n'),
  "a line is no event": (request) => request.raw('error: {"code":500}\n\n'),
  "a line never ends": (request) => request.raw(`data: ${"a".repeat((1 << 20) + 1)}`),
  "the provider tells an error": (request) =>
    request.raw('data: {"error":{"message":"Overloaded","code":502}}\n\n'),
  "the provider ends the answer with an error": (request) => request.finish("error"),
};

for (const [what, strike] of Object.entries(faults)) {
  it(`${what}: the answer fails, with what it has used, and is not asked for again`, async () => {
    const asked = world.ask();
    const request = await world.server.nth(0);
    request.say("Six ");
    await asked.reaches("Six ");
    strike(request);
    const { code, message, usage } = await failureOf(asked.result);
    expect({ code, message }).toEqual({
      code: "MODEL_UNAVAILABLE",
      message: "The language model broke off in the middle of its answer",
    });
    expect(usage).toMatchObject({ completionTokens: 1, estimated: true });
    expect(usage.cost).toBeGreaterThan(0);
    await request.over;
    expect(asked.text()).toBe("Six ");
    expect(world.server.requests).toHaveLength(1);
  });
}

it("keeps the text that comes together with the fault, but before it", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.raw('data: {"choices":[{"delta":{"content":"Six"}}]}\n\ndata: {broken\n\n');
  await failureOf(asked.result);
  expect(asked.text()).toBe("Six");
  await request.closed;
});

it("a stall in mid-stream ends the answer, and closes the request", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("Six ");
  await asked.reaches("Six ");
  world.clock.advance(timeouts.idleMs - 1);
  request.say("hours");
  await asked.reaches("Six hours");
  world.clock.advance(timeouts.idleMs - 1);
  await settle();
  expect(world.clock.timers).toBe(1);
  world.clock.advance(1);
  expect(await failureOf(asked.result)).toMatchObject({ code: "MODEL_TIMEOUT" });
  await request.closed;
  expect(asked.text()).toBe("Six hours");
});

for (const hasHeaders of [false, true]) {
  it(`waits only so long for the first piece ${hasHeaders ? "behind" : "and"} the headers`, async () => {
    const asked = world.ask();
    const request = await world.server.nth(0);
    if (hasHeaders) request.start();
    await settle();
    world.clock.advance(timeouts.firstPieceMs);
    const { code, message, usage } = await failureOf(asked.result);
    expect(code).toBe("MODEL_TIMEOUT");
    expect(message).toBe("The language model took too long to answer");
    expect(usage.totalTokens).toBe(0);
    await request.closed;
    // A minute has been waited already: asking again would be too much.
    expect(world.server.requests).toHaveLength(1);
  });
}

it("a page in place of a stream is told with its type", async () => {
  const proxy = await openModelWorld({ timeouts: { ...timeouts, retryMs: 0 } });
  try {
    proxy.server.use((request) => {
      request.raw("<!doctype html><title>Not an API</title>\n");
      request.end();
    });
    const error = await failureOf(proxy.ask().result);
    expect(error.code).toBe("MODEL_UNAVAILABLE");
    expect(String(error.cause)).toMatch(/event|content type/);
  } finally {
    await proxy.close();
  }
});
