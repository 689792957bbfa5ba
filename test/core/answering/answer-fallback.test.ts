import { describe, expect, it } from "vitest";
import { createFallbackAnswerer } from "../../../api/core/answering/answer-fallback.ts";
import { AppError } from "../../../api/core/errors.ts";
import { noUsage } from "../../../api/core/message.ts";
import { ModelError, type ModelErrorCode } from "../../../api/core/answering/model-error.ts";
import type { Answerer } from "../../../api/core/answering/answerer.ts";
import { unlimited } from "../../support/budget.ts";
import { createManualAnswerer, plainResult } from "../../support/manual-answerer.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { askOf } from "../../support/model-world.ts";
import { makeTenant } from "../../support/tenant.ts";

const broken = (code: ModelErrorCode) => new ModelError(code, "No model", { usage: noUsage });

function open(fallback: Answerer = createManualAnswerer()) {
  const primary = createManualAnswerer();
  const logger = createRecordingLogger();
  const answerer = createFallbackAnswerer({ primary, fallback, logger });
  return { primary, logger, answerer };
}

it("an answer of the primary is passed on as it is", async () => {
  const { primary, answerer, logger } = open();
  const asked = askOf(answerer);
  const given = await primary.nth(0);
  given.say("One ", "two");
  given.finish({ finishReason: "length" });
  expect(await asked.result).toEqual({ ...plainResult, finishReason: "length" });
  expect(asked.pieces).toEqual(["One ", "two"]);
  expect(logger.lines).toEqual([]);
});

it("an empty answer is an answer", async () => {
  const { primary, answerer } = open();
  const asked = askOf(answerer);
  (await primary.nth(0)).finish();
  expect(await asked.result).toEqual(plainResult);
});

for (const code of ["MODEL_UNAVAILABLE", "MODEL_TIMEOUT", "MODEL_MISCONFIGURED"] as const) {
  it(`on ${code} before the first piece the fallback answers, and it is said`, async () => {
    const fallback = createManualAnswerer();
    const { primary, answerer, logger } = open(fallback);
    const asked = askOf(answerer, { question: "Sun?" });
    (await primary.nth(0)).fail(broken(code));
    const given = await fallback.nth(0);
    expect(given.request.question).toBe("Sun?");
    given.say("Quoted");
    given.finish({ model: "extractive", degraded: ["no_search"] });
    expect(await asked.result).toEqual({
      ...plainResult,
      model: "extractive",
      degraded: ["no_search", "model_unavailable"],
    });
    expect(asked.pieces).toEqual(["Quoted"]);
    expect(logger.lines).toEqual([
      {
        level: "error",
        fields: { err: expect.objectContaining({ code }), tenant_id: "demo" },
        text: "The language model does not answer",
      },
    ]);
  });
}

describe("the fallback stays out of it", () => {
  const nobody: Answerer = {
    answer() {
      throw new Error("The fallback was asked");
    },
  };

  const others: Readonly<Record<string, Error>> = {
    "a request that the model refuses": broken("MODEL_REFUSED_REQUEST"),
    "another error of ours": new AppError("SERVICE_UNAVAILABLE", "The database is away"),
    "a stranger": new TypeError("A fault of ours"),
  };
  for (const [what, error] of Object.entries(others)) {
    it(`for ${what}`, async () => {
      const { primary, answerer } = open(nobody);
      const asked = askOf(answerer);
      (await primary.nth(0)).fail(error);
      await expect(asked.result).rejects.toBe(error);
    });
  }

  it("behind the first piece", async () => {
    const { primary, answerer } = open(nobody);
    const asked = askOf(answerer);
    const given = await primary.nth(0);
    given.say("One ");
    await asked.reaches("One ");
    given.fail(broken("MODEL_UNAVAILABLE"));
    await expect(asked.result).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(asked.text()).toBe("One ");
  });

  it("when the answer was stopped", async () => {
    const { primary, answerer } = open(nobody);
    const asked = askOf(answerer);
    await primary.nth(0);
    asked.abort();
    await expect(asked.result).rejects.toThrow(/abort/i);
  });
});

it("with two fallbacks the last one answers when both models are down, and it is said once", async () => {
  const second = createManualAnswerer();
  const last = createManualAnswerer();
  const inner = open(second);
  const { logger } = inner;
  const answerer = createFallbackAnswerer({ primary: inner.answerer, fallback: last, logger });
  const asked = askOf(answerer);
  (await inner.primary.nth(0)).fail(broken("MODEL_TIMEOUT"));
  (await second.nth(0)).fail(broken("MODEL_UNAVAILABLE"));
  (await last.nth(0)).finish();
  expect((await asked.result).degraded).toEqual(["model_unavailable"]);
});

it("a reader that leaves is told to whoever answers", async () => {
  const { primary, answerer } = open();
  const request = {
    tenant: makeTenant("demo"),
    question: "Sun?",
    history: [],
    passages: [],
    budget: unlimited,
  };
  let isClosed = false;
  const watched: Answerer = {
    async *answer(...args) {
      try {
        return yield* primary.answer(...args);
      } finally {
        isClosed = true;
      }
    },
  };
  const outer = createFallbackAnswerer({
    primary: watched,
    fallback: answerer,
    logger: createRecordingLogger(),
  });
  const parts = outer.answer(request, new AbortController().signal);
  const first = parts.next();
  (await primary.nth(0)).say("One ");
  await first;
  await parts[Symbol.asyncDispose]();
  expect(isClosed).toBe(true);
});
