import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { hideShared } from "../../../api/adapters/openai/hide-shared.ts";
import { describeError } from "../../../api/core/describe-error.ts";
import { openModelWorld } from "../../support/model-world.ts";
import type { ModelRequest, ModelScript } from "../../support/openai-server.ts";

/** The question of the world as it was sent, behind what stands before it. */
const questionOf = ({ body }: ModelRequest) => body.messages.at(-1)?.content ?? "";
const answer = "Six hours of sun, and a stake";

/** Providers that repeat the request or their own answer, each in its way. */
const scripts: Readonly<Record<string, ModelScript>> = {
  "a refused request": (request) =>
    request.fail(400, { message: `Flagged input: ${questionOf(request)}`, code: "flagged" }),
  "a server's error": (request) =>
    request.fail(500, { message: `Crashed at ${JSON.stringify(request.body)}`, code: "flagged" }),
  "an error in the stream": (request) => {
    const error = { message: "It broke", input: questionOf(request), code: "flagged" };
    request.raw(`data: ${JSON.stringify({ error })}\n\n`);
    request.end();
  },
  "an error in the middle": (request) => {
    request.say(answer);
    request.raw(`data: {"error":{"message":"flagged: ${answer}"}}\n\n`);
    request.end();
  },
  "a broken chunk": (request) => {
    request.raw(`data: {"choices":[{"delta":{"content":"${answer}\n\n`);
    request.end();
  },
  "a line that is no event": (request) => {
    request.raw(`${answer}\n\n`);
    request.end();
  },
};

describe("what goes wrong is told without the words of the conversation:", () => {
  for (const [what, script] of Object.entries(scripts)) {
    it(what, async () => {
      const world = await openModelWorld();
      try {
        world.server.use(script);
        const failed = await world.passPauses(world.ask().result).catch((error: unknown) => error);
        const told = inspect([describeError(failed), world.logger.lines], { depth: 20 });
        const [{ body } = { body: undefined }] = world.server.requests;
        const question = body?.messages.at(-1)?.content ?? "";
        expect(question.length).toBeGreaterThan(12);
        expect(told).toMatch(/flagged|no event|no JSON/);
        expect(told).not.toContain(question);
        expect(told).not.toContain(question.slice(-12));
        expect(told).not.toContain(answer.slice(0, 12));
      } finally {
        await world.close();
      }
    });
  }
});

describe("words that are shared", () => {
  it("are hidden in runs, and others stay", () => {
    expect(
      hideShared("400 Bad input: how much sun do they want?", ["how much sun do they want"]),
    ).toBe("400 Bad input: …?");
    expect(hideShared("The model `gpt-9` does not exist", ["Is there a model?"])).toBe(
      "The model `gpt-9` does not exist",
    );
  });

  it("are found in JSON too", () => {
    const text = 'a line\nand "another" one';
    expect(hideShared(`sent ${JSON.stringify({ text })}`, [text])).toBe('sent {"text":"…"}');
  });

  it("of a short text are hidden as a whole, and a tiny one stays", () => {
    expect(hideShared("no such word: hunter2", ["hunter2"])).toBe("no such word: …");
    expect(hideShared("it is an error", ["is"])).toBe("it is an error");
  });
});
