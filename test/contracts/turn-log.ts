import { describe, expect, it } from "vitest";
import type { Ending } from "../../api/core/message.ts";
import type { Cursor } from "../../api/core/turns/cursor.ts";
import { nextEvent, type TurnEvent, type TurnRef } from "../../api/core/turns/turn-event.ts";
import type { TurnLog } from "../../api/core/turns/turn-log.ts";
import { assemble } from "../support/core.ts";
import { completed, failed } from "./store-fixtures.ts";

/** The logs of the process that runs a turn and of one in which it is read; they may be the same. */
export interface LogPair {
  readonly here: TurnLog;
  readonly there: TurnLog;
  close(): Promise<void>;
}

let count = 0;

function newTurn(tenantId = "demo"): TurnRef {
  count += 1;
  const name = `${process.pid}_${Date.now()}_${count}`;
  return { tenantId, chatId: `chat_${name}`, messageId: `msg_${name}` };
}

/** All events behind `after` up to the ending, or to where the turn leaves the log. */
async function readLog(log: TurnLog, turn: TurnRef, after?: Cursor): Promise<TurnEvent[]> {
  const events: TurnEvent[] = [];
  const never = new AbortController().signal;
  const followed = log.follow(turn, async () => false);
  if (!followed) throw new Error("The turn is not in this log");
  let cursor = after;
  try {
    for (;;) {
      const event = nextEvent(followed.live.view(), cursor);
      if (event) events.push(event);
      cursor = event?.cursor ?? cursor;
      if (event?.type === "end" || (!event && followed.live.done)) return events;
      if (!event) await followed.live.wait(never);
    }
  } finally {
    followed.leave();
  }
}

/** What every turn log keeps, whether its turns are read in the same process or in another. */
export function describeTurnLog(name: string, open: () => Promise<LogPair>): void {
  async function withLogs(work: (pair: LogPair) => Promise<void>): Promise<void> {
    const pair = await open();
    try {
      await work(pair);
    } finally {
      await pair.close();
    }
  }

  describe(`the turn log ${name}`, () => {
    it("tells a reader the start, every piece and the ending, as they come", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        const writer = here.open(turn, 1);
        const events = readLog(there, turn);
        writer.start();
        for (const piece of ["One", " two 😀", '\n"three"']) writer.append(piece);
        writer.end(completed);
        expect(assemble(await events)).toBe('One two 😀\n"three"');
        expect((await events).at(-1)).toMatchObject({ type: "end", ending: completed });
      }));

    it("tells the rest to a reader from any place, also one that comes late", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        const writer = here.open(turn, 1);
        writer.start();
        writer.append("Hello");
        const early = [undefined, 0, 2, 5].map((rank) =>
          readLog(there, turn, rank === undefined ? undefined : { attempt: 1, rank }),
        );
        writer.append(", world");
        const late = readLog(there, turn, { attempt: 1, rank: 7 });
        writer.end(completed);
        const texts = await Promise.all(
          [...early, late].map(async (events) =>
            (await events)
              .map((event) => (event.type === "chunk" ? event.piece.content : ""))
              .join(""),
          ),
        );
        expect(texts).toEqual(["Hello, world", "Hello, world", "llo, world", ", world", "world"]);
      }));

    it("tells the ending of an answer without text, and of one that failed", () =>
      withLogs(async ({ here, there }) => {
        for (const ending of [completed, failed] satisfies Ending[]) {
          const turn = newTurn();
          const writer = here.open(turn, 1);
          const events = readLog(there, turn);
          writer.start();
          writer.end(ending);
          expect((await events).map(({ type }) => type)).toEqual(["start", "end"]);
          expect((await events).at(-1)).toMatchObject({ ending });
        }
      }));

    it("tells many readers of a long answer the same", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        const writer = here.open(turn, 1);
        writer.start();
        const readers = Array.from({ length: 20 }, () => readLog(there, turn));
        let text = "";
        for (let piece = 0; piece < 500; piece += 1) {
          const content = `piece ${piece} ${"x".repeat(piece % 90)} `;
          text += content;
          writer.append(content);
          if (piece % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        writer.end(completed);
        for (const events of await Promise.all(readers)) expect(assemble(events)).toBe(text);
      }));

    it("begins afresh with the next attempt, and an older one can't come back", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        let isFenced = false;
        const first = here.open(turn, 1, () => (isFenced = true));
        first.start();
        first.append("Half of");
        const before = readLog(there, turn);
        const second = there.open(turn, 2);
        second.start();
        second.append("All of it");
        // In one process the runner sees to it.
        if (here === there) first.abandon();
        expect((await before).every(({ cursor }) => cursor.attempt === 1)).toBe(true);
        first.append(" the old answer");
        const events = readLog(there, turn, { attempt: 1, rank: 7 });
        second.end(completed);
        expect(assemble(await events)).toBe("All of it");
        expect((await events).every(({ cursor }) => cursor.attempt === 2)).toBe(true);
        if (here !== there) await expect.poll(() => isFenced).toBe(true);
        first.abandon();
      }));

    it("keeps tenants and turns apart", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        const others = [newTurn(), { ...turn, tenantId: "other" }];
        const writer = here.open(turn, 1);
        const writers = others.map((other) => here.open(other, 1));
        const texts = [turn, ...others].map((one) => readLog(there, one));
        for (const [index, one] of [writer, ...writers].entries()) {
          one.start();
          one.append(`Turn ${index}`);
          one.end(completed);
        }
        expect((await Promise.all(texts)).map(assemble)).toEqual(["Turn 0", "Turn 1", "Turn 2"]);
      }));

    it("wakes whoever waits for the next turn of a chat", () =>
      withLogs(async ({ here, there }) => {
        const turn = newTurn();
        const waiting = there.waitForTurn(turn.tenantId, turn.chatId, new AbortController().signal);
        const writer = here.open(turn, 1);
        await waiting;
        writer.abandon();
        const leaving = new AbortController();
        const left = there.waitForTurn(turn.tenantId, turn.chatId, leaving.signal);
        leaving.abort();
        await left;
      }));
  });
}
