import { describe, expect, it } from "vitest";
import { checkpointLength, checkpointMs } from "../../../api/core/turns/transcript.ts";
import { settle } from "../../support/clock.ts";
import { assemble } from "../../support/core.ts";
import { openTurns, readAnswer } from "../../support/turn-process.ts";

describe("a turn", () => {
  it("is published piece by piece, stored with its ending, and only then published as ended", async () => {
    const seen: string[] = [];
    const process = openTurns((store) => ({
      async finishTurn(...args) {
        seen.push("storing");
        const isStored = await store.finishTurn(...args);
        seen.push("stored");
        return isStored;
      },
    }));
    const { question, answer } = await process.ask("Question");
    const reader = readAnswer(process, answer);
    void reader.done.then(() => seen.push("published"));
    const given = await process.answerer.nth(0);
    expect(given.request).toMatchObject({ question: "Question", history: [], passages: [] });
    expect(await process.find(answer)).toMatchObject({ state: "streaming" });
    given.say("One", " two");
    const usage = {
      promptTokens: 1,
      completionTokens: 2,
      totalTokens: 3,
      cost: 0.5,
      estimated: false,
    };
    given.finish({ finishReason: "length", model: "m-1", usage });
    await reader.done;
    expect(assemble(reader.events)).toBe("One two");
    expect(seen).toEqual(["storing", "stored", "published"]);
    const ending = {
      type: "complete",
      finishReason: "length",
      model: "m-1",
      sources: [],
      citations: [],
      usage,
      degraded: [],
    };
    expect(await process.find(answer)).toEqual({
      ...answer,
      content: "One two",
      state: "complete",
      ending,
    });
    expect(process.ended).toMatchObject([
      { job: { question }, finish: { text: "One two", ending } },
    ]);
    expect(process.log.size).toBe(0);
    expect(process.clock.timers).toBe(0);
    expect(process.logger.lines).toEqual([]);
  });

  it("knows how long its first piece and the whole took from the question's arrival", async () => {
    const process = openTurns();
    await process.ask("Question");
    const given = await process.answerer.nth(0);
    process.clock.advance(300);
    given.say("One");
    await settle();
    process.clock.advance(700);
    given.finish();
    await settle();
    expect(process.ended[0]?.finish.timing).toEqual({ firstChunkMs: 300, totalMs: 1000 });
    await process.ask("Question");
    (await process.answerer.nth(1)).finish();
    await settle();
    expect(process.ended[1]?.finish.timing).toEqual({ firstChunkMs: null, totalMs: 0 });
  });

  it("gets the history before its question, and none of what comes after", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    (await process.answerer.nth(0)).say("Answer");
    (await process.answerer.nth(0)).finish();
    await settle();
    const { chatId } = first.question;
    await process.ask({ chatId, content: "Second" });
    await process.ask({ chatId, content: "Third" });
    const { request } = await process.answerer.nth(1);
    expect(request.history.map(({ content }) => content)).toEqual(["First", "Answer"]);
    (await process.answerer.nth(1)).finish();
    expect((await process.answerer.nth(2)).request.history.map(({ content }) => content)).toEqual([
      "First",
      "Answer",
      "Second",
      "",
    ]);
  });

  it("goes on although nobody reads it", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await settle();
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "complete" });
  });

  it("waits for those before it in its chat, and for none of another chat", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const { chatId } = first.question;
    const second = await process.ask({ chatId, content: "Second" });
    const third = await process.ask({ chatId, content: "Third" });
    await process.ask("Elsewhere");
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual([
      "First",
      "Elsewhere",
    ]);
    expect(await process.find(second.answer)).toMatchObject({ state: "queued" });
    (await process.answerer.nth(0)).fail(new Error("Broken"));
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual([
      "First",
      "Elsewhere",
      "Second",
    ]);
    expect(await process.find(third.answer)).toMatchObject({ state: "queued" });
    (await process.answerer.nth(2)).finish();
    await settle();
    expect(process.answerer.asked.at(-1)?.request.question).toBe("Third");
  });

  it("waits also for one that began meanwhile, when the one before that has ended", async () => {
    const process = openTurns();
    const { question } = await process.ask("First");
    const { chatId } = question;
    await process.ask({ chatId, content: "Second" });
    (await process.answerer.nth(0)).finish();
    await process.answerer.nth(1);
    await process.ask({ chatId, content: "Third" });
    await settle();
    expect(process.answerer.asked).toHaveLength(2);
    (await process.answerer.nth(1)).finish();
    expect((await process.answerer.nth(2)).request.question).toBe("Third");
  });

  it("is read to its end from memory, without a look at the store", async () => {
    const looks: string[] = [];
    const process = openTurns((store) => ({
      findMessage(tenant, id) {
        looks.push(id);
        return store.findMessage(tenant, id);
      },
    }));
    const { answer } = await process.ask("Question");
    const readers = Array.from({ length: 10 }, () => readAnswer(process, answer));
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await Promise.all(readers.map(({ done }) => done));
    expect(readers.map(({ events }) => assemble(events))).toEqual(readers.map(() => "Text"));
    expect(looks).toEqual([]);
  });

  it("is kept at a checkpoint each second and each few kilobytes while it streams", async () => {
    const process = openTurns();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("One");
    await settle();
    expect((await process.find(answer)).content).toBe("");
    process.clock.advance(checkpointMs);
    given.say(" two");
    await settle();
    process.clock.advance(100);
    await settle();
    expect((await process.find(answer)).content).toBe("One two");
    given.say("x".repeat(checkpointLength));
    await settle();
    process.clock.advance(100);
    await settle();
    expect((await process.find(answer)).content).toHaveLength(checkpointLength + 7);
  });
});
