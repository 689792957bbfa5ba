import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelError } from "../../../api/core/answering/model-error.ts";
import { openModelWorld, timeouts, type ModelWorld } from "../../support/model-world.ts";
import { answerWith, type ModelScript } from "../../support/openai-server.ts";

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
});

afterEach(async () => {
  expect(world.clock.timers).toBe(0);
  await world.close();
});

const fails =
  (status: number, headers?: Record<string, string>, error?: object): ModelScript =>
  (request) =>
    request.fail(status, error, headers);

async function codeOf(result: Promise<unknown>): Promise<string> {
  try {
    await result;
    return "none";
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return error.code;
  }
}

describe("before the first piece", () => {
  it("a rate limit is waited out for as long as Retry-After says", async () => {
    const { server, clock } = world;
    server.queue(fails(429, { "retry-after": "7" }));
    server.use(answerWith(["Six."]));
    const from = clock.now();
    const asked = world.ask();
    expect(await world.passPauses(asked.result)).toMatchObject({ finishReason: "stop" });
    expect(clock.now() - from).toBe(7000);
    expect(asked.text()).toBe("Six.");
    expect(world.logger.lines).toEqual([
      {
        level: "warn",
        fields: expect.objectContaining({ pause_ms: 7000, tries: 1, model: "gpt-test" }),
        text: "The language model is asked again",
      },
    ]);
  });

  it("a Retry-After may be a date", async () => {
    const { server, clock } = world;
    const date = new Date(clock.now() + 4000).toUTCString();
    server.queue(fails(503, { "retry-after": date }));
    server.use(answerWith(["Six."]));
    const from = clock.now();
    await world.passPauses(world.ask().result);
    expect(clock.now() - from).toBe(4000);
  });

  it("a wait that is longer than we have is not begun", async () => {
    const { server, clock } = world;
    server.use(fails(429, { "retry-after": "21" }));
    const from = clock.now();
    await expect(world.ask().result).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      retryAfter: 21,
    });
    expect(server.requests).toHaveLength(1);
    expect(clock.now()).toBe(from);
  });

  it("errors of the server are asked again with growing pauses, for a bounded time", async () => {
    const { server, clock } = world;
    server.use(fails(500));
    const from = clock.now();
    expect(await codeOf(world.passPauses(world.ask().result))).toBe("MODEL_UNAVAILABLE");
    expect(server.requests.length).toBe(3);
    expect(clock.now() - from).toBeLessThanOrEqual(timeouts.retryMs);
    const pauses = world.logger.lines.map(({ fields }) => Reflect.get(fields, "pause_ms"));
    for (const [n, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** n);
      expect(pause).toBeLessThanOrEqual(500 * 2 ** n);
    }
  });

  it("a connection that is cut or refused is tried again", async () => {
    world.server.queue((request) => request.cut());
    world.server.queue((request) => {
      request.start();
      request.end();
    });
    world.server.use(answerWith(["Six."]));
    const asked = world.ask();
    await world.passPauses(asked.result);
    expect(asked.text()).toBe("Six.");
    await world.server.close();
    expect(await codeOf(world.passPauses(world.ask().result))).toBe("MODEL_UNAVAILABLE");
    expect(world.logger.lines.length).toBe(4);
  });

  it("nothing is asked again where no time is given", async () => {
    const impatient = await openModelWorld({ timeouts: { ...timeouts, retryMs: 0 } });
    try {
      impatient.server.use(fails(500));
      expect(await codeOf(impatient.ask().result)).toBe("MODEL_UNAVAILABLE");
      expect(impatient.server.requests).toHaveLength(1);
    } finally {
      await impatient.close();
    }
  });

  it("what the provider says is lasting is not asked again", async () => {
    const noMoney = { message: "No quota", type: "insufficient_quota", code: "insufficient_quota" };
    for (const script of [fails(429, {}, noMoney), fails(500, { "x-should-retry": "false" })]) {
      world.server.queue(script);
      expect(await codeOf(world.ask().result)).toBe("MODEL_UNAVAILABLE");
    }
    expect(world.server.requests).toHaveLength(2);
  });

  it("a request that is refused is not sent again", async () => {
    const codes: readonly (readonly [number, string])[] = [
      [400, "MODEL_REFUSED_REQUEST"],
      [401, "MODEL_MISCONFIGURED"],
      [403, "MODEL_MISCONFIGURED"],
      [404, "MODEL_MISCONFIGURED"],
      [413, "MODEL_REFUSED_REQUEST"],
      [422, "MODEL_REFUSED_REQUEST"],
    ];
    for (const [status, code] of codes) {
      world.server.queue(fails(status));
      expect(await codeOf(world.ask().result), String(status)).toBe(code);
    }
    expect(world.server.requests).toHaveLength(codes.length);
  });

  it("a question that is too long for the model is told as such", async () => {
    const error = { message: "Too many tokens", code: "context_length_exceeded", type: "x" };
    world.server.use(fails(400, {}, error));
    await expect(world.ask().result).rejects.toMatchObject({
      code: "MODEL_REFUSED_REQUEST",
      message: "The question is too long for the language model",
    });
  });
});

it("behind the first piece nothing is asked again", async () => {
  const asked = world.ask();
  const request = await world.server.nth(0);
  request.say("Six ");
  await asked.reaches("Six ");
  request.cut();
  expect(await codeOf(world.passPauses(asked.result))).toBe("MODEL_UNAVAILABLE");
  expect(world.server.requests).toHaveLength(1);
  expect(world.logger.lines).toEqual([]);
});
