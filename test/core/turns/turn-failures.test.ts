import { describe, expect, it } from "vitest";
import { AppError } from "../../../api/core/errors.ts";
import { checkpointLength, checkpointMs } from "../../../api/core/turns/transcript.ts";
import { failed, makeFinish } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { assemble, drain, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { away, failing, openTurns, readAnswer } from "../../support/turn-process.ts";

describe("a turn whose answer fails", () => {
  it("ends in one error that hides its reason, with the text so far and an estimated usage", async () => {
    const process = openTurns();
    const { answer } = await process.ask("1234");
    const reader = readAnswer(process, answer);
    const given = await process.answerer.nth(0);
    given.say("12345678");
    given.fail(new Error("key=secret"));
    await reader.done;
    expect(assemble(reader.events)).toBe("12345678");
    const usage = {
      promptTokens: 1,
      completionTokens: 2,
      totalTokens: 3,
      cost: 0,
      estimated: true,
    };
    const ending = {
      type: "error",
      code: "PROCESSING_ERROR",
      message: "Failed to process message",
      usage,
    };
    expect(await process.find(answer)).toEqual({
      ...answer,
      content: "12345678",
      state: "error",
      ending,
    });
    expect(reader.events.at(-1)).toMatchObject({ ending });
    expect(process.logger.lines).toMatchObject([
      { level: "error", fields: { message_id: answer.id, tenant_id: "demo" } },
    ]);
  });

  it("ends in the error that its provider's adapter names", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.fail(new AppError("RATE_LIMIT_EXCEEDED", "The model is busy"));
    await settle();
    expect((await process.find(answer)).ending).toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      message: "The model is busy",
    });
  });

  it("ends in an error when its passages or its history can't be had", async () => {
    const broken = { retrieve: () => Promise.reject(new Error("Broken")) };
    const first = openProcess({ answerer: createManualAnswerer(), retriever: broken });
    const { answer } = await first.ask("Question");
    await settle();
    expect(await first.store.findMessage(testTenant, answer.id)).toMatchObject({ state: "error" });

    const second = openTurns(() => ({ listHistory: () => Promise.reject(new Error("Broken")) }));
    const saved = await second.ask("Question");
    await settle();
    expect(await second.find(saved.answer)).toMatchObject({ state: "error" });
  });

  it("ends in an error when its start can't be stored, so that nobody waits for it for ever", async () => {
    const process = openTurns((store) => ({
      startAttempt: failing(store.startAttempt, () => new Error("Broken")).run,
    }));
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    await reader.done;
    expect(assemble(reader.events)).toBe("");
    expect(await process.find(answer)).toMatchObject({
      state: "error",
      ending: { code: "PROCESSING_ERROR" },
    });
    expect(process.answerer.asked).toEqual([]);
  });

  it("lets the next turn of the chat begin", async () => {
    const process = openTurns();
    const { question } = await process.ask("First");
    await process.ask({ chatId: question.chatId, content: "Second" });
    (await process.answerer.nth(0)).fail(new Error("Broken"));
    expect((await process.answerer.nth(1)).request.question).toBe("Second");
  });
});

describe("while the store is away", () => {
  it("a turn tries again until its start and its ending are stored", async () => {
    let starts: unknown[] = [];
    let ends: unknown[] = [];
    const process = openTurns((store) => {
      const start = failing(store.startAttempt, away, 4);
      const end = failing(store.finishTurn, away, 7);
      starts = start.calls;
      ends = end.calls;
      return { startAttempt: start.run, finishTurn: end.run };
    });
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    await drain(process.clock);
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await drain(process.clock);
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "complete" });
    expect([starts.length, ends.length]).toEqual([5, 8]);
    expect(process.ended).toHaveLength(1);
  });

  it("it waits longer and longer between two tries, up to two seconds", async () => {
    const process = openTurns((store) => ({
      startAttempt: failing(store.startAttempt, away, 12).run,
    }));
    await process.ask("Question");
    const pauses: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      await settle();
      const before = process.clock.now();
      process.clock.next();
      pauses.push(process.clock.now() - before);
    }
    expect(pauses.slice(0, 4)).toEqual([50, 100, 200, 400]);
    expect(Math.max(...pauses)).toBe(2000);
  });

  it("a checkpoint that fails does the turn no harm", async () => {
    const process = openTurns((store) => ({ checkpoint: failing(store.checkpoint, away).run }));
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("a", "b".repeat(3 * checkpointLength));
    await drain(process.clock);
    given.finish();
    await drain(process.clock);
    expect((await process.find(answer)).content).toHaveLength(3 * checkpointLength + 1);
    expect(process.logger.lines.every(({ level }) => level === "warn")).toBe(true);
  });

  it("an ending that was stored although its reply was lost is published from the store, once", async () => {
    const process = openTurns((store) => {
      let isLost = false;
      return {
        async finishTurn(...args) {
          const isStored = await store.finishTurn(...args);
          if (isLost) return isStored;
          isLost = true;
          throw away();
        },
      };
    });
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await drain(process.clock);
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "complete" });
  });

  it("an ending that the store refuses for what it says gives way to a plain error", async () => {
    const process = openTurns((store) => ({
      finishTurn: failing(store.finishTurn, () => new Error("Bad value"), 1).run,
    }));
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    expect(await process.find(answer)).toMatchObject({
      content: "Text",
      state: "error",
      ending: { code: "PROCESSING_ERROR" },
    });
  });
});

describe("a turn that was taken over by another process", () => {
  it("writes no ending, and its readers go on with the other attempt", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    const given = await process.answerer.nth(0);
    given.say("Old");
    await settle();
    await process.memory.takeOver(testTenant, answer.id, 1, "process-2");
    given.finish();
    await settle();
    expect(await process.find(answer)).toMatchObject({ ending: null, attempt: 2 });
    expect(process.ended).toEqual([]);
    await process.memory.finishTurn(testTenant, answer.id, 2, makeFinish("New", failed));
    await drain(process.clock, 3);
    await reader.done;
    expect(assemble(reader.events)).toBe("New");
  });

  it("stops at the checkpoint that tells it so", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("Old");
    await settle();
    await process.memory.takeOver(testTenant, answer.id, 1, "process-2");
    process.clock.advance(checkpointMs);
    given.say(" text");
    await settle();
    process.clock.advance(100);
    await settle();
    expect(given.signal.aborted).toBe(true);
    expect(process.log.size).toBe(0);
    expect(process.ended).toEqual([]);
    expect(await process.find(answer)).toMatchObject({ content: "", ending: null, attempt: 2 });
  });

  it("doesn't begin when it was taken over while it waited", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    await process.memory.takeOver(testTenant, second.answer.id, 1, "process-2");
    (await process.answerer.nth(0)).finish();
    await settle();
    expect(process.answerer.asked).toHaveLength(1);
    expect(process.log.size).toBe(0);
    expect(await process.find(second.answer)).toMatchObject({ state: "queued", ending: null });
  });
});
