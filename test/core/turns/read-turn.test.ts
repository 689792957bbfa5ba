import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "../../../api/core/turns/cursor.ts";
import { idlePollMs, readTurn } from "../../../api/core/turns/read-turn.ts";
import { completed, failed, makeFinish } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { assemble, follow, testTenant } from "../../support/core.ts";
import { openSavedTurn } from "../../support/saved-turn.ts";

describe("a reader of a running turn", () => {
  it("sees its start, each piece and its ending, as they come", async () => {
    const { log, turn, read, end, clock } = await openSavedTurn();
    const writer = log.open(turn, 1);
    const reader = follow(read());
    await settle();
    expect(reader.events).toEqual([]);
    writer.start();
    await settle();
    expect(reader.events).toEqual([{ type: "start", cursor: { attempt: 1, rank: 0 } }]);
    writer.append("One");
    await settle();
    writer.append(" two");
    await settle();
    await end(writer, "One two");
    await reader.done;
    expect(reader.events.map((event) => formatCursor(event.cursor))).toEqual([
      "1-0",
      "1-3",
      "1-7",
      "1-end",
    ]);
    expect(reader.events.at(-1)).toMatchObject({ ending: completed });
    expect(assemble(reader.events)).toBe("One two");
    expect(clock.timers).toBe(0);
  });

  it("is one of many, each at a place of its own", async () => {
    const { log, turn, read, end } = await openSavedTurn();
    const writer = log.open(turn, 1);
    writer.start();
    writer.append("Hello");
    const places = [undefined, ...["1-0", "1-2", "1-5"].map(parseCursor)];
    const readers = places.flatMap((place) => [follow(read(place)), follow(read(place))]);
    await settle();
    writer.append(", world");
    await settle();
    await end(writer, "Hello, world");
    await Promise.all(readers.map(({ done }) => done));
    const texts = readers.map(({ events }) =>
      events.map((event) => (event.type === "chunk" ? event.piece.content : event.type)).join("|"),
    );
    const expected = [
      "start|Hello|, world|end",
      "Hello|, world|end",
      "llo|, world|end",
      ", world|end",
    ];
    expect(texts).toEqual(expected.flatMap((text) => [text, text]));
  });

  it("gets what it missed in one piece, when it pulls slowly", async () => {
    const { log, turn, read, end } = await openSavedTurn();
    const writer = log.open(turn, 1);
    writer.start();
    const reader = read();
    expect((await reader.next()).value).toMatchObject({ type: "start" });
    for (let count = 0; count < 1000; count += 1) writer.append("word ");
    expect((await reader.next()).value).toMatchObject({
      type: "chunk",
      piece: { offset: 0, content: "word ".repeat(1000) },
    });
    writer.append("a");
    writer.append("b");
    await end(writer, `${"word ".repeat(1000)}ab`);
    expect((await reader.next()).value).toMatchObject({
      type: "chunk",
      piece: { offset: 5000, content: "ab" },
    });
    expect((await reader.next()).value).toMatchObject({ type: "end" });
    expect((await reader.next()).done).toBe(true);
  });

  it("leaves when its signal aborts: while it waits, while it is slow, and before it began", async () => {
    const { log, turn, read, clock } = await openSavedTurn();
    const writer = log.open(turn, 1);
    writer.start();
    const waiting = new AbortController();
    const reader = follow(read(undefined, waiting.signal));
    await settle();
    waiting.abort();
    await reader.done;
    expect(reader.events).toHaveLength(1);

    const slow = new AbortController();
    const slowReader = read(undefined, slow.signal);
    await slowReader.next();
    writer.append("Never sent");
    slow.abort();
    expect(await slowReader.next()).toEqual({ done: true, value: undefined });

    const late = follow(read(undefined, AbortSignal.abort()));
    await late.done;
    expect(late.events).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("waits behind a place that the turn may still get to, and is refused when it never does", async () => {
    const { log, turn, read, end } = await openSavedTurn();
    const writer = log.open(turn, 1);
    writer.start();
    const [near, far] = [
      follow(read({ attempt: 1, rank: 4 })),
      follow(read({ attempt: 1, rank: 400 })),
    ];
    writer.append("One");
    await settle();
    expect(near.events).toEqual([]);
    writer.append(" two");
    await end(writer, "One two");
    await near.done;
    expect(near.events).toMatchObject([
      { type: "chunk", piece: { offset: 4, content: "two" } },
      { type: "end" },
    ]);
    await expect(far.done).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    expect(far.events).toEqual([]);
  });

  it("goes over to the next attempt, from its start", async () => {
    const { store, answer, log, turn, read, end } = await openSavedTurn();
    const first = log.open(turn, 1);
    const reader = follow(read());
    first.start();
    first.append("Half of");
    await settle();
    first.abandon();
    await settle();
    await store.takeOver(testTenant, answer.id, 1, "process-2");
    const second = log.open(turn, 2);
    second.start();
    second.append("All of it");
    await end(second, "All of it", completed, 2);
    await reader.done;
    expect(assemble(reader.events)).toBe("All of it");
    expect(reader.events.map((event) => formatCursor(event.cursor))).toEqual([
      "1-0",
      "1-7",
      "2-0",
      "2-9",
      "2-end",
    ]);
  });
});

describe("a reader of a turn that has ended", () => {
  it("gets all of it from the stored message, from any place", async () => {
    const { store, answer, read, clock } = await openSavedTurn();
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("The answer", failed));
    const rest = async (place?: string) => {
      const reader = follow(read(place === undefined ? undefined : parseCursor(place)));
      await reader.done;
      return reader.events.map((event) => (event.type === "chunk" ? event.piece : event.type));
    };
    expect(await rest()).toEqual(["start", { offset: 0, content: "The answer" }, "end"]);
    expect(await rest("1-0")).toEqual([{ offset: 0, content: "The answer" }, "end"]);
    expect(await rest("1-4")).toEqual([{ offset: 4, content: "answer" }, "end"]);
    expect(await rest("1-10")).toEqual(["end"]);
    expect(await rest("1-end")).toEqual([]);

    const leaving = new AbortController();
    const reader = read(undefined, leaving.signal);
    await reader.next();
    leaving.abort();
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(clock.timers).toBe(0);
  });

  it("gets start and ending of an empty answer", async () => {
    const { store, answer, read } = await openSavedTurn();
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("", failed));
    const reader = follow(read());
    await reader.done;
    expect(reader.events.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(assemble(reader.events)).toBe("");
  });

  it("is refused a place that it never had", async () => {
    const { store, answer, read } = await openSavedTurn();
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("Text"));
    for (const place of ["1-5", "2-0", "2-end"]) {
      await expect(follow(read(parseCursor(place))).done, place).rejects.toMatchObject({
        code: "INVALID_CURSOR",
      });
    }
  });

  it("gets the ending of a later attempt that it saw nothing of", async () => {
    const { store, answer, read } = await openSavedTurn();
    await store.takeOver(testTenant, answer.id, 1, "process-2");
    await store.finishTurn(testTenant, answer.id, 2, makeFinish("Text", failed));
    const reader = follow(read(parseCursor("1-900")));
    await reader.done;
    expect(assemble(reader.events)).toBe("Text");
  });
});

describe("a reader of a turn that nobody here produces", () => {
  it("looks at the stored message from time to time", async () => {
    const { store, answer, read, clock } = await openSavedTurn();
    const reader = follow(read());
    await settle();
    expect(clock.timers).toBe(1);
    for (let count = 0; count < 3; count += 1) {
      clock.advance(idlePollMs);
      await settle();
    }
    expect(reader.events).toEqual([]);
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("Elsewhere"));
    clock.advance(idlePollMs);
    await reader.done;
    expect(assemble(reader.events)).toBe("Elsewhere");
    expect(clock.timers).toBe(0);
  });

  it("is woken at once when it begins here", async () => {
    const { log, turn, read, end, clock } = await openSavedTurn();
    const reader = follow(read());
    await settle();
    const writer = log.open(turn, 1);
    writer.start();
    await settle();
    expect(reader.events).toHaveLength(1);
    await end(writer, "");
    await reader.done;
    expect(clock.timers).toBe(0);
  });

  it("leaves without a trace when its signal aborts", async () => {
    const { read, clock, abort } = await openSavedTurn();
    const reader = follow(read());
    await settle();
    abort();
    await reader.done;
    expect(reader.events).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("is told that the message is gone when its chat is deleted", async () => {
    const { store, turn, read, clock } = await openSavedTurn();
    const reader = follow(read());
    await settle();
    await store.deleteChat(testTenant, turn.chatId);
    clock.advance(idlePollMs);
    await expect(reader.done).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    expect(clock.timers).toBe(0);
  });

  it("says nothing more once its signal has aborted, also when the store answers after that", async () => {
    const { store, answer, turn, clock, log } = await openSavedTurn();
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("Text"));
    for (const found of [await store.findMessage(testTenant, answer.id), undefined]) {
      const controller = new AbortController();
      const chats = {
        ...store,
        async findMessage() {
          controller.abort();
          return found;
        },
      };
      const reader = follow(
        readTurn({ log, chats, clock }, testTenant, turn, undefined, controller.signal),
      );
      await reader.done;
      expect(reader.events).toEqual([]);
    }
  });
});
