import { describe, expect, it } from "vitest";
import type { Answerer } from "../../../api/core/answering/answerer.ts";
import { settle } from "../../support/clock.ts";
import { assemble, openProcess, refer, testTenant } from "../../support/core.ts";
import { plainResult } from "../../support/manual-answerer.ts";
import { openTurns, readAnswer } from "../../support/turn-process.ts";

describe("a cancelled turn", () => {
  it("ends as cancelled with the text so far, and what comes later is not published", async () => {
    for (const onAbort of ["throw", "return"] as const) {
      const process = openTurns(() => ({}), onAbort);
      const { answer } = await process.ask("Question");
      const reader = readAnswer(process, answer);
      const given = await process.answerer.nth(0);
      given.say("So", " far");
      await settle();
      process.runner.stop(refer(answer));
      given.say(" too late");
      await reader.done;
      expect(given.signal.aborted).toBe(true);
      expect(assemble(reader.events)).toBe("So far");
      expect(await process.find(answer)).toMatchObject({
        content: "So far",
        state: "complete",
        ending: { type: "complete", finishReason: "cancelled" },
      });
      expect(process.ended).toHaveLength(1);
      process.runner.stop(refer(answer));
      expect(process.logger.lines).toEqual([]);
    }
  });

  it("publishes nothing that an answer goes on saying after that", async () => {
    let goOn = (): void => undefined;
    const stubborn: Answerer = {
      async *answer() {
        yield "So far";
        await new Promise<void>((resolve) => (goOn = resolve));
        yield " and on and on";
        return plainResult;
      },
    };
    const process = openProcess({ answerer: stubborn });
    const { answer } = await process.ask("Question");
    await settle();
    process.runner.stop(refer(answer));
    goOn();
    await settle();
    expect(await process.store.findMessage(testTenant, answer.id)).toMatchObject({
      content: "So far",
      ending: { finishReason: "cancelled" },
    });
  });

  it("has an estimated usage where its provider could not say", async () => {
    const process = openTurns();
    const { answer } = await process.ask("12345678");
    (await process.answerer.nth(0)).say("1234");
    await settle();
    process.runner.stop(refer(answer));
    await settle();
    const usage = {
      promptTokens: 2,
      completionTokens: 1,
      totalTokens: 3,
      cost: 0,
      estimated: true,
    };
    expect((await process.find(answer)).ending).toMatchObject({ usage });
  });

  it("ends at once, without having been asked for, when it was still waiting", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const { chatId } = first.question;
    const second = await process.ask({ chatId, content: "Second" });
    const third = await process.ask({ chatId, content: "Third" });
    const reader = readAnswer(process, second.answer);
    process.runner.stop(refer(second.answer));
    await reader.done;
    expect(assemble(reader.events)).toBe("");
    expect(await process.find(second.answer)).toMatchObject({
      ending: { finishReason: "cancelled" },
    });
    expect(await process.find(first.answer)).toMatchObject({ ending: null });
    (await process.answerer.nth(0)).finish();
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual([
      "First",
      "Third",
    ]);
    expect(await process.find(third.answer)).toMatchObject({ ending: null });
  });

  it("is one of its chat alone, and all of a chat can be cancelled together", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    const other = await process.ask("Elsewhere");
    await settle();
    process.runner.stop({ tenantId: "other", chatId: first.question.chatId });
    await settle();
    expect(process.ended).toHaveLength(0);
    process.runner.stop({ tenantId: testTenant.id, chatId: first.question.chatId });
    await settle();
    for (const { answer } of [first, second]) {
      expect(await process.find(answer)).toMatchObject({ ending: { finishReason: "cancelled" } });
    }
    expect(await process.find(other.answer)).toMatchObject({ ending: null });
  });

  it("stops without an ending when its chat was deleted", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    (await process.answerer.nth(0)).say("Text");
    await settle();
    await process.memory.deleteChat(testTenant, answer.chatId);
    process.runner.stop({ tenantId: testTenant.id, chatId: answer.chatId });
    await expect(reader.done).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    expect(process.ended).toEqual([]);
    expect(process.log.size).toBe(0);
  });
});
