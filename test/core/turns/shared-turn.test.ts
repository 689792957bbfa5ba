import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { createMemoryTurnStreams } from "../../../api/adapters/memory/turn-streams.ts";
import type { Message } from "../../../api/core/message.ts";
import { followChat } from "../../../api/core/turns/follow-chat.ts";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { storedPollMs, streamPollMs } from "../../../api/core/turns/stream-follower.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import {
  accessOf,
  assemble,
  follow,
  makeCaller,
  openProcess,
  refer,
  testTenant,
  type CoreStore,
} from "../../support/core.ts";
import { createFaultyStreams, noStreamFaults } from "../../support/faulty-streams.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";

/** Two processes over one store: turns run `here` and are read `there`. */
function openPair(faults = noStreamFaults, there = noStreamFaults) {
  const clock = createManualClock();
  const streams = createMemoryTurnStreams(clock);
  const store = createMemoryStore();
  const looks: string[] = [];
  const watched: CoreStore = {
    ...store,
    findMessage(tenant, id) {
      looks.push(id);
      return store.findMessage(tenant, id);
    },
  };
  const answerer = createManualAnswerer();
  let mayRefill = true;
  const producer = openProcess({
    answerer,
    store,
    clock,
    owner: "process-1",
    streams: createFaultyStreams(streams, faults),
    mayRefill: () => mayRefill,
  });
  const reading = openProcess({
    answerer,
    store: watched,
    clock,
    owner: "process-2",
    streams: createFaultyStreams(streams, there),
  });
  const third = openProcess({ answerer, store, clock, owner: "process-3", streams });
  const controller = new AbortController();
  const read = (
    { answer }: { answer: Message },
    signal = controller.signal,
    { reader } = reading,
  ) => follow(readTurn(reader, testTenant, refer(answer), undefined, signal));
  /** Lets both processes talk to each other, and time pass between two polls. */
  async function pass(ms = 0): Promise<void> {
    for (let left = ms; left > 0; left -= 25) {
      await settle();
      clock.advance(Math.min(left, 25));
    }
    for (let count = 0; count < 20; count += 1) await settle();
  }
  return {
    clock,
    streams,
    store,
    looks,
    answerer,
    producer,
    reading,
    third,
    read,
    pass,
    loseLease: () => (mayRefill = false),
  };
}

describe("a turn that another process runs", () => {
  it("is read as it is published, with one look at the store", async () => {
    const { producer, answerer, read, pass, looks, clock } = openPair();
    const saved = await producer.ask("Question");
    const reader = read(saved);
    const given = await answerer.nth(0);
    given.say("One");
    await pass();
    expect(reader.events.map(({ type }) => type)).toEqual(["start", "chunk"]);
    given.say(" two");
    await pass(25);
    expect(assemble([...reader.events, endOf(reader.events)])).toBe("One two");
    given.finish();
    await reader.done;
    expect(assemble(reader.events)).toBe("One two");
    expect(looks).toHaveLength(1);
    await pass();
    expect(clock.timers).toBe(0);
  });

  it("is read within a poll where wake-ups are lost", async () => {
    const { producer, answerer, read, pass } = openPair(undefined, {
      ...noStreamFaults,
      isDeaf: true,
    });
    const reader = read(await producer.ask("Question"));
    const given = await answerer.nth(0);
    await pass();
    given.say("Text");
    await pass(streamPollMs);
    expect(reader.events.map(({ type }) => type)).toEqual(["start", "chunk"]);
    given.finish();
    await pass(streamPollMs);
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
  });

  it("is read whole after its stream has vanished, in the middle of it", async () => {
    const { producer, answerer, third, read, pass, streams } = openPair();
    const saved = await producer.ask("Question");
    const [early, given] = [read(saved), await answerer.nth(0)];
    given.say("One");
    await pass();
    streams.clear();
    const late = read(saved, new AbortController().signal, third);
    await pass();
    expect(late.events).toEqual([]);
    given.say(" two");
    await pass(25);
    expect(early.events.at(-1)).toMatchObject({ piece: { offset: 3, content: " two" } });
    expect(late.events.at(-1)).toMatchObject({ cursor: { attempt: 1, rank: 7 } });
    given.finish();
    await Promise.all([early.done, late.done]);
    for (const { events } of [early, late]) expect(assemble(events)).toBe("One two");
  });

  it("is read from the store once it has ended, when there was no stream at all", async () => {
    const never = Array.from({ length: 100 }, () => "away" as const);
    const away = { ...noStreamFaults, append: never, replace: never, read: never, watch: never };
    const { producer, answerer, read, pass, clock } = openPair(away, away);
    const reader = read(await producer.ask("Question"));
    const given = await answerer.nth(0);
    given.say("Text");
    given.finish();
    await pass(2 * storedPollMs);
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
    await pass(10_000);
    expect(clock.timers).toBe(0);
  });

  it("is never doubled by an answer of Redis that was lost", async () => {
    const lost = { ...noStreamFaults, append: ["reply lost", "none", "reply lost"] } as const;
    const { producer, answerer, read, pass } = openPair({ ...lost, replace: ["reply lost"] });
    const reader = read(await producer.ask("Question"));
    const given = await answerer.nth(0);
    for (const piece of ["One", " two", " three", " four"]) {
      given.say(piece);
      await pass(200);
    }
    given.finish();
    await pass(1000);
    await reader.done;
    expect(assemble(reader.events)).toBe("One two three four");
  });

  it("is followed once for all its readers, and no longer when they have left", async () => {
    const { producer, answerer, read, pass, clock, reading } = openPair();
    const saved = await producer.ask("Question");
    const controllers = [new AbortController(), new AbortController()];
    const readers = controllers.map(({ signal }) => read(saved, signal));
    (await answerer.nth(0)).say("Text");
    await pass();
    expect(clock.timers).toBe(1);
    controllers[0]?.abort();
    await pass();
    expect(clock.timers).toBe(1);
    controllers[1]?.abort();
    await Promise.all(readers.map(({ done }) => done));
    await pass();
    expect(clock.timers).toBe(0);
    await reading.log.flush();
  });

  it("is heard of by whoever follows its chat in another process", async () => {
    const { producer, answerer, reading, pass } = openPair();
    const first = await producer.ask("First");
    (await answerer.nth(0)).finish();
    await pass();
    const { chatId } = first.question;
    const leaving = new AbortController();
    const follower = follow(
      followChat(reading.reader, accessOf(makeCaller()), chatId, undefined, leaving.signal),
    );
    await pass();
    const second = await producer.ask({ chatId, content: "Second" });
    (await answerer.nth(1)).say("Text");
    await pass();
    expect(follower.events.map(({ event }) => event.type)).toEqual(["start", "chunk"]);
    expect(follower.events[0]?.turn.messageId).toBe(second.answer.id);
    leaving.abort();
    await follower.done;
  });
});

describe("a process that was frozen", () => {
  it("and whose turn another one runs can add nothing when it wakes", async () => {
    const { producer, reading, answerer, read, pass, store, streams } = openPair();
    const saved = await producer.ask("Question");
    const reader = read(saved);
    const first = await answerer.nth(0);
    first.say("The old");
    await pass();
    const { question, answer } = saved;
    await store.takeOver(testTenant, answer.id, 1, "process-2");
    reading.runner.enqueue({
      tenant: testTenant,
      question,
      since: 0,
      answer: { ...answer, attempt: 2 },
    });
    const second = await answerer.nth(1);
    second.say("The new");
    await pass();
    first.say(" answer");
    first.finish();
    await pass(25);
    expect(first.signal.aborted).toBe(true);
    second.say(" one");
    await pass(25);
    second.finish();
    await reader.done;
    expect(assemble(reader.events)).toBe("The new one");
    expect(await store.findMessage(testTenant, answer.id)).toMatchObject({
      content: "The new one",
      attempt: 2,
    });
    const published = await streams.read(refer(answer), undefined);
    expect(published.every(({ cursor }) => cursor.attempt === 2)).toBe(true);
    expect(producer.ended).toEqual([]);
  });

  it("doesn't fill a stream that has vanished while its lease has run out", async () => {
    const { producer, answerer, pass, streams, loseLease } = openPair();
    const { answer } = await producer.ask("Question");
    const given = await answerer.nth(0);
    given.say("One");
    await pass();
    streams.clear();
    loseLease();
    given.say(" two");
    await pass(5000);
    expect(await streams.read(refer(answer), undefined)).toEqual([]);
  });
});

describe("the turns of one chat", () => {
  it("run in the order in which they arrived, whichever processes they came to", async () => {
    const { producer, reading, answerer, pass } = openPair();
    const first = await producer.ask("First");
    const { chatId } = first.question;
    await reading.ask({ chatId, content: "Second" });
    await producer.ask({ chatId, content: "Third" });
    for (const [index, content] of ["First", "Second", "Third"].entries()) {
      await pass();
      const asked = answerer.asked.map(({ request }) => request.question);
      expect(asked).toHaveLength(index + 1);
      expect(asked.at(-1)).toBe(content);
      (await answerer.nth(index)).finish();
    }
    await pass();
  });

  it("don't wait for one whose chat was deleted", async () => {
    const { producer, reading, answerer, pass, store } = openPair();
    const { question } = await producer.ask("First");
    const second = await reading.ask({ chatId: question.chatId, content: "Second" });
    await pass();
    await store.deleteChat(testTenant, question.chatId);
    await pass(2 * storedPollMs);
    expect(answerer.asked).toHaveLength(1);
    expect(reading.runner.has(refer(second.answer))).toBe(false);
  });
});

/** An ending of the test's own, to look at what came so far. */
function endOf(events: readonly { readonly cursor: { readonly attempt: number } }[]) {
  const attempt = events.at(-1)?.cursor.attempt ?? 1;
  const usage = { promptTokens: 0, completionTokens: 0, totalTokens: 0, cost: 0, estimated: false };
  const ending = { type: "error", code: "X", message: "", usage } as const;
  return { type: "end", cursor: { attempt, rank: Infinity }, ending } as const;
}
