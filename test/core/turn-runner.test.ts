import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import { AppError } from "../../api/core/errors.ts";
import type { Message } from "../../api/core/message.ts";
import type { ChatStore, TurnStore } from "../../api/core/ports.ts";
import { readTurn } from "../../api/core/read-turn.ts";
import { checkpointLength, checkpointMs } from "../../api/core/transcript.ts";
import { failed, makeFinish, makeFirstTurn } from "../contracts/store-fixtures.ts";
import { settle } from "../support/clock.ts";
import { assemble, drain, follow, openProcess, refer, testTenant, type CoreProcess } from "../support/core.ts";
import { createManualAnswerer } from "../support/manual-answerer.ts";

type Store = ChatStore & TurnStore;

function open(change: (store: Store) => Partial<Store> = () => ({}), onAbort: "throw" | "return" = "throw") {
  const answerer = createManualAnswerer(onAbort);
  const memory = createMemoryStore();
  const store = { ...memory, ...change(memory) };
  const process = openProcess({ answerer, store });
  const find = async (message: Message) => (await memory.findMessage(testTenant, message.id)) ?? message;
  return { ...process, answerer, memory, find };
}

function read({ reader }: CoreProcess, answer: Message) {
  return follow(readTurn(reader, testTenant, refer(answer), undefined, new AbortController().signal));
}

const away = () => new AppError("SERVICE_UNAVAILABLE", "The database can't be reached");

/** Calls that fail until they are told not to. */
function failing<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
  makeError: () => unknown,
  times = Infinity,
) {
  const calls: Args[] = [];
  const run = async (...args: Args): Promise<Result> => {
    calls.push(args);
    if (calls.length <= times) throw makeError();
    return call(...args);
  };
  return { calls, run };
}

describe("a turn", () => {
  it("is published piece by piece, stored with its ending, and only then published as ended", async () => {
    const seen: string[] = [];
    const process = open((store) => ({
      async finishTurn(...args) {
        seen.push("storing");
        const isStored = await store.finishTurn(...args);
        seen.push("stored");
        return isStored;
      },
    }));
    const { question, answer } = await process.ask("Question");
    const reader = read(process, answer);
    void reader.done.then(() => seen.push("published"));
    const given = await process.answerer.nth(0);
    expect(given.request).toMatchObject({ question: "Question", history: [], passages: [] });
    expect(await process.find(answer)).toMatchObject({ state: "streaming" });
    given.say("One", " two");
    const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3, cost: 0.5, estimated: false };
    given.finish({ finishReason: "length", model: "m-1", usage });
    await reader.done;
    expect(assemble(reader.events)).toBe("One two");
    expect(seen).toEqual(["storing", "stored", "published"]);
    const ending = { type: "complete", finishReason: "length", model: "m-1", sources: [], usage };
    expect(await process.find(answer)).toEqual({ ...answer, content: "One two", state: "complete", ending });
    expect(process.ended).toMatchObject([{ job: { question }, finish: { text: "One two", ending } }]);
    expect(process.log.size).toBe(0);
    expect(process.clock.timers).toBe(0);
    expect(process.logger.lines).toEqual([]);
  });

  it("knows how long its first piece and the whole took from the question's arrival", async () => {
    const process = open();
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
    const process = open();
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
    expect((await process.answerer.nth(2)).request.history.map(({ content }) => content)).toEqual(["First", "Answer", "Second", ""]);
  });

  it("goes on although nobody reads it", async () => {
    const process = open();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await settle();
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "complete" });
  });

  it("waits for those before it in its chat, and for none of another chat", async () => {
    const process = open();
    const first = await process.ask("First");
    const { chatId } = first.question;
    const second = await process.ask({ chatId, content: "Second" });
    const third = await process.ask({ chatId, content: "Third" });
    await process.ask("Elsewhere");
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual(["First", "Elsewhere"]);
    expect(await process.find(second.answer)).toMatchObject({ state: "queued" });
    (await process.answerer.nth(0)).fail(new Error("Broken"));
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual(["First", "Elsewhere", "Second"]);
    expect(await process.find(third.answer)).toMatchObject({ state: "queued" });
    (await process.answerer.nth(2)).finish();
    await settle();
    expect(process.answerer.asked.at(-1)?.request.question).toBe("Third");
  });

  it("is kept at a checkpoint each second and each few kilobytes while it streams", async () => {
    const process = open();
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

describe("a cancelled turn", () => {
  it("ends as cancelled with the text so far, and what comes later is not published", async () => {
    for (const onAbort of ["throw", "return"] as const) {
      const process = open(() => ({}), onAbort);
      const { answer } = await process.ask("Question");
      const reader = read(process, answer);
      const given = await process.answerer.nth(0);
      given.say("So", " far");
      await settle();
      expect(process.runner.cancel(refer(answer))).toBe(true);
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
      expect(process.runner.cancel(refer(answer))).toBe(false);
      expect(process.logger.lines).toEqual([]);
    }
  });

  it("has an estimated usage where its provider could not say", async () => {
    const process = open();
    const { answer } = await process.ask("12345678");
    (await process.answerer.nth(0)).say("1234");
    await settle();
    process.runner.cancel(refer(answer));
    await settle();
    const usage = { promptTokens: 2, completionTokens: 1, totalTokens: 3, cost: 0, estimated: true };
    expect((await process.find(answer)).ending).toMatchObject({ usage });
  });

  it("ends without having been asked for, when it was still waiting, and keeps its place", async () => {
    const process = open();
    const first = await process.ask("First");
    const { chatId } = first.question;
    const second = await process.ask({ chatId, content: "Second" });
    const third = await process.ask({ chatId, content: "Third" });
    const reader = read(process, second.answer);
    process.runner.cancel(refer(second.answer));
    await settle();
    expect(reader.events).toEqual([]);
    (await process.answerer.nth(0)).finish();
    await reader.done;
    expect(assemble(reader.events)).toBe("");
    expect(await process.find(second.answer)).toMatchObject({ ending: { finishReason: "cancelled" } });
    await settle();
    expect(process.answerer.asked.map(({ request }) => request.question)).toEqual(["First", "Third"]);
    expect(await process.find(third.answer)).toMatchObject({ ending: null });
  });

  it("is one of its chat alone, and all of a chat can be cancelled together", async () => {
    const process = open();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    const other = await process.ask("Elsewhere");
    await settle();
    process.runner.cancelChat({ ...testTenant, id: "other" }, first.question.chatId);
    await settle();
    expect(process.ended).toHaveLength(0);
    process.runner.cancelChat(testTenant, first.question.chatId);
    await settle();
    for (const { answer } of [first, second]) {
      expect(await process.find(answer)).toMatchObject({ ending: { finishReason: "cancelled" } });
    }
    expect(await process.find(other.answer)).toMatchObject({ ending: null });
  });

  it("stops without an ending when its chat was deleted", async () => {
    const process = open();
    const { answer } = await process.ask("Question");
    const reader = read(process, answer);
    (await process.answerer.nth(0)).say("Text");
    await settle();
    await process.memory.deleteChat(testTenant, answer.chatId);
    process.runner.cancelChat(testTenant, answer.chatId);
    await expect(reader.done).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    expect(process.ended).toEqual([]);
    expect(process.log.size).toBe(0);
  });
});

describe("a turn whose answer fails", () => {
  it("ends in one error that hides its reason, with the text so far and an estimated usage", async () => {
    const process = open();
    const { answer } = await process.ask("1234");
    const reader = read(process, answer);
    const given = await process.answerer.nth(0);
    given.say("12345678");
    given.fail(new Error("key=secret"));
    await reader.done;
    expect(assemble(reader.events)).toBe("12345678");
    const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3, cost: 0, estimated: true };
    const ending = { type: "error", code: "PROCESSING_ERROR", message: "Failed to process message", usage };
    expect(await process.find(answer)).toEqual({ ...answer, content: "12345678", state: "error", ending });
    expect(reader.events.at(-1)).toMatchObject({ ending });
    expect(process.logger.lines).toMatchObject([{ level: "error", fields: { message_id: answer.id, tenant_id: "demo" } }]);
  });

  it("ends in the error that its provider's adapter names", async () => {
    const process = open();
    const { answer } = await process.ask("Question");
    const given = await process.answerer.nth(0);
    given.fail(new AppError("RATE_LIMIT_EXCEEDED", "The model is busy"));
    await settle();
    expect((await process.find(answer)).ending).toMatchObject({ code: "RATE_LIMIT_EXCEEDED", message: "The model is busy" });
  });

  it("ends in an error when its passages or its history can't be had", async () => {
    const broken = { retrieve: () => Promise.reject(new Error("Broken")) };
    const first = openProcess({ answerer: createManualAnswerer(), retriever: broken });
    const { answer } = await first.ask("Question");
    await settle();
    expect(await first.store.findMessage(testTenant, answer.id)).toMatchObject({ state: "error" });

    const second = open(() => ({ listHistory: () => Promise.reject(new Error("Broken")) }));
    const saved = await second.ask("Question");
    await settle();
    expect(await second.find(saved.answer)).toMatchObject({ state: "error" });
  });

  it("ends in an error when its start can't be stored, so that nobody waits for it for ever", async () => {
    const process = open((store) => ({ startAttempt: failing(store.startAttempt, () => new Error("Broken")).run }));
    const { answer } = await process.ask("Question");
    const reader = read(process, answer);
    await reader.done;
    expect(assemble(reader.events)).toBe("");
    expect(await process.find(answer)).toMatchObject({ state: "error", ending: { code: "PROCESSING_ERROR" } });
    expect(process.answerer.asked).toEqual([]);
  });

  it("lets the next turn of the chat begin", async () => {
    const process = open();
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
    const process = open((store) => {
      const start = failing(store.startAttempt, away, 4);
      const end = failing(store.finishTurn, away, 7);
      starts = start.calls;
      ends = end.calls;
      return { startAttempt: start.run, finishTurn: end.run };
    });
    const { answer } = await process.ask("Question");
    const reader = read(process, answer);
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
    const process = open((store) => ({ startAttempt: failing(store.startAttempt, away, 12).run }));
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
    const process = open((store) => ({ checkpoint: failing(store.checkpoint, away).run }));
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
    const process = open((store) => {
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
    const reader = read(process, answer);
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await drain(process.clock);
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "complete" });
  });

  it("an ending that the store refuses for what it says gives way to a plain error", async () => {
    const process = open((store) => ({ finishTurn: failing(store.finishTurn, () => new Error("Bad value"), 1).run }));
    const { answer } = await process.ask("Question");
    const reader = read(process, answer);
    const given = await process.answerer.nth(0);
    given.say("Text");
    given.finish();
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    expect(await process.find(answer)).toMatchObject({ content: "Text", state: "error", ending: { code: "PROCESSING_ERROR" } });
  });
});

describe("a turn that was taken over by another process", () => {
  it("writes no ending, and its readers go on with the other attempt", async () => {
    const process = open();
    const { answer } = await process.ask("Question");
    const reader = read(process, answer);
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
    const process = open();
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
    const process = open();
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

describe("a process that shuts down", () => {
  it("lets its turns finish within the grace time, also those that wait", async () => {
    const process = open();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    await settle();
    const closed = process.runner.close(10_000);
    expect(process.runner.isClosing).toBe(true);
    (await process.answerer.nth(0)).finish();
    (await process.answerer.nth(1)).finish();
    await closed;
    for (const { answer } of [first, second]) expect(await process.find(answer)).toMatchObject({ state: "complete" });
    expect(process.clock.timers).toBe(0);
  });

  it("then stops them without an ending, and keeps what they had", async () => {
    const process = open();
    const first = await process.ask("First");
    const second = await process.ask({ chatId: first.question.chatId, content: "Second" });
    const controller = new AbortController();
    const reader = follow(readTurn(process.reader, testTenant, refer(first.answer), undefined, controller.signal));
    const given = await process.answerer.nth(0);
    given.say("Half", " of it");
    await settle();
    const closed = process.runner.close(10_000);
    await settle();
    process.clock.advance(10_000);
    await closed;
    expect(given.signal.aborted).toBe(true);
    expect(await process.find(first.answer)).toMatchObject({ content: "Half of it", state: "streaming", ending: null });
    expect(await process.find(second.answer)).toMatchObject({ content: "", state: "queued", ending: null });
    expect(process.ended).toEqual([]);
    expect(process.log.size).toBe(0);
    controller.abort();
    await reader.done;
    expect(reader.events.map(({ type }) => type)).not.toContain("end");
    expect(process.logger.lines).toEqual([]);
  });

  it("keeps what its turns had, also when the checkpoint before failed", async () => {
    const process = open((store) => ({ checkpoint: failing(store.checkpoint, away, 1).run }));
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
    const process = open((store) => ({ finishTurn: failing(store.finishTurn, away).run }));
    const { answer } = await process.ask("Question");
    (await process.answerer.nth(0)).say("Text");
    await settle();
    process.runner.cancel(refer(answer));
    await settle();
    const closed = process.runner.close(100);
    await drain(process.clock);
    await closed;
    expect(await process.find(answer)).toMatchObject({ content: "Text", ending: null });
    expect(process.log.size).toBe(0);
  });

  it("is closed only when nothing runs any more, also of what came in that moment", async () => {
    const process = open();
    await process.ask("First");
    const closed = process.runner.close(10_000);
    // Its question was let in before the shutdown and is stored only now.
    const late = { ...(await process.memory.saveTurn(testTenant, makeFirstTurn())), tenant: testTenant, since: 0 };
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
    const process = open();
    await process.runner.close(10_000);
    expect(process.clock.timers).toBe(0);
  });
});
