import { describe, expect, it } from "vitest";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { checkpointMs } from "../../../api/core/turns/transcript.ts";
import { makeFirstTurn } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { drain, follow, refer, testTenant } from "../../support/core.ts";
import { away, failing, openTurns } from "../../support/turn-process.ts";

describe("a process that shuts down", () => {
  it("lets its turns finish within the grace time, also those that wait", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    await settle();
    const closed = process.runner.close(10_000);
    expect(process.runner.isClosing).toBe(true);
    (await process.answerer.nth(0)).finish();
    (await process.answerer.nth(1)).finish();
    await closed;
    for (const { answer } of [first, second])
      expect(await process.find(answer)).toMatchObject({ state: "complete" });
    expect(process.clock.timers).toBe(0);
  });

  it("then stops them without an ending, and keeps what they had", async () => {
    const process = openTurns();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    const controller = new AbortController();
    const reader = follow(
      readTurn(process.reader, testTenant, refer(first.answer), undefined, controller.signal),
    );
    const given = await process.answerer.nth(0);
    given.say("Half", " of it");
    await settle();
    const closed = process.runner.close(10_000);
    await settle();
    process.clock.advance(10_000);
    await closed;
    expect(given.signal.aborted).toBe(true);
    expect(await process.find(first.answer)).toMatchObject({
      content: "Half of it",
      state: "streaming",
      ending: null,
    });
    expect(await process.find(second.answer)).toMatchObject({
      content: "",
      state: "queued",
      ending: null,
    });
    expect(process.ended).toEqual([]);
    expect(process.log.size).toBe(0);
    controller.abort();
    await reader.done;
    expect(reader.events.map(({ type }) => type)).not.toContain("end");
    expect(process.logger.lines).toEqual([]);
  });

  it("keeps what its turns had, also when the checkpoint before failed", async () => {
    const process = openTurns((store) => ({ checkpoint: failing(store.checkpoint, away, 1).run }));
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("One");
    await settle();
    process.clock.advance(checkpointMs);
    given.say(" two");
    await settle();
    process.clock.advance(100);
    await settle();
    expect(process.logger.lines).toHaveLength(1);
    const closed = process.runner.close(0);
    process.clock.advance(0);
    await closed;
    expect(await process.find(answer)).toMatchObject({ content: "One two", ending: null });
  });

  it("stores no ending for a turn that was cancelled too late", async () => {
    const process = openTurns((store) => ({ finishTurn: failing(store.finishTurn, away).run }));
    const { answer } = await process.ask("Question");
    (await process.answerer.nth(0)).say("Text");
    await settle();
    process.runner.stop(refer(answer));
    await settle();
    const closed = process.runner.close(100);
    await drain(process.clock);
    await closed;
    expect(await process.find(answer)).toMatchObject({ content: "Text", ending: null });
    expect(process.log.size).toBe(0);
  });

  it("is closed only when nothing runs any more, also of what came in that moment", async () => {
    const process = openTurns();
    await process.ask("First");
    const closed = process.runner.close(10_000);
    // Its question was let in before the shutdown and is stored only now.
    const late = {
      ...(await process.memory.saveTurn(testTenant, makeFirstTurn())),
      tenant: testTenant,
      since: 0,
    };
    process.runner.enqueue(late);
    (await process.answerer.nth(0)).finish();
    await settle();
    (await process.answerer.nth(1)).say("Late");
    await settle();
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await settle();
    expect(isClosed).toBe(false);
    (await process.answerer.nth(1)).finish();
    await closed;
    expect(await process.find(late.answer)).toMatchObject({ content: "Late", state: "complete" });
    expect(process.log.size).toBe(0);
  });

  it("has nothing to wait for when nothing runs", async () => {
    const process = openTurns();
    await process.runner.close(10_000);
    expect(process.clock.timers).toBe(0);
  });
});
