import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor, type Cursor } from "../../../api/core/turns/cursor.ts";
import { noUsage, type Ending } from "../../../api/core/message.ts";
import {
  nextEvent,
  turnFrame,
  type TurnEvent,
  type TurnView,
} from "../../../api/core/turns/turn-event.ts";
import { createTurnLog } from "../../../api/core/turns/turn-log.ts";
import { assemble } from "../../support/core.ts";

const turn = { tenantId: "demo", chatId: "chat_1", messageId: "msg_1" };
const stopped: Ending = {
  type: "complete",
  finishReason: "stop",
  usage: noUsage,
  sources: [],
  citations: [],
  model: "m",
  degraded: [],
};

/** What a producer has published of one attempt. */
function view(attempt: number, text: string, fields: Partial<TurnView> = {}): TurnView {
  return { attempt, started: true, text, ending: null, ...fields };
}

type Step =
  | { do: "publish" }
  | { do: "pull"; times: number }
  | { do: "resume" }
  | { do: "rewind"; to: number };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>({ do: "publish" }) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 1, max: 5 }).map((times): Step => ({ do: "pull", times })),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ do: "resume" }) },
    { weight: 1, arbitrary: fc.nat(30).map((to): Step => ({ do: "rewind", to })) },
  ),
  { maxLength: 60 },
);
const pieces = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }), {
  maxLength: 12,
});

describe("a reader", () => {
  it("gets every text whole and once, wherever it drops and resumes, from memory or from the store", () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 3 }),
        steps,
        fc.boolean(),
        (attempts, plan, isStored) => {
          const log = createTurnLog();
          let publish: Generator<void> | undefined;
          let look = (): TurnView => view(1, "", { started: false });
          function* publishAll(): Generator<void> {
            for (const [index, texts] of attempts.entries()) {
              const isLast = index === attempts.length - 1;
              const writer = log.open(turn, index + 1);
              const live = log.find(turn);
              look = () => live?.view() ?? view(1, "");
              yield;
              writer.start();
              yield;
              for (const text of texts) {
                writer.append(text);
                yield;
              }
              if (isLast) writer.end(stopped);
              else writer.abandon();
              yield;
            }
          }
          publish = publishAll();
          let seen: TurnEvent[] = [];
          const pull = (source: TurnView): boolean => {
            const event = nextEvent(source, seen.at(-1)?.cursor);
            if (event) seen.push(event);
            return event !== undefined;
          };
          for (const step of plan) {
            if (step.do === "publish") publish.next();
            if (step.do === "pull")
              for (let count = 0; count < step.times; count += 1) pull(look());
            if (step.do === "resume")
              seen = seen.map((event) => ({ ...event, cursor: throughTheWire(event.cursor) }));
            // A client that lost what came last asks from an older place; what it lost comes again.
            if (step.do === "rewind") seen = seen.slice(0, step.to);
          }
          while (!publish.next().done);
          const text = attempts.at(-1)?.join("") ?? "";
          const source = isStored ? view(attempts.length, text, { ending: stopped }) : look();
          while (pull(source));
          expect(assemble(seen)).toBe(text);
          expect(seen.at(-1)).toMatchObject({ type: "end", ending: stopped });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("that keeps up gets the pieces as they were published, the same object for all", () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    const live = log.find(turn);
    if (!live) throw new Error("The turn is not known");
    writer.start();
    let cursor: Cursor | undefined = { attempt: 1, rank: 0 };
    for (const content of ["One", " two", " three"]) {
      writer.append(content);
      const events: (TurnEvent | undefined)[] = [
        nextEvent(live.view(), cursor),
        nextEvent(live.view(), cursor),
      ];
      const [first, second] = events.map((event) =>
        event?.type === "chunk" ? event.piece : undefined,
      );
      expect(first).toMatchObject({ content });
      expect(second).toBe(first);
      cursor = events[0]?.cursor;
    }
  });

  it("that fell behind gets what it missed merged into one piece", () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    writer.start();
    for (const content of ["One", " two", " three"]) writer.append(content);
    const source = log.find(turn)?.view() ?? view(1, "");
    const whole = nextEvent(source, { attempt: 1, rank: 0 });
    expect(whole).toMatchObject({
      type: "chunk",
      piece: { offset: 0, content: "One two three" },
      cursor: { rank: 13 },
    });
    const rest = nextEvent(source, { attempt: 1, rank: 3 });
    expect(rest).toMatchObject({ type: "chunk", piece: { offset: 3, content: " two three" } });
    const fromWithin = nextEvent(source, { attempt: 1, rank: 5 });
    expect(fromWithin).toMatchObject({ type: "chunk", piece: { offset: 5, content: "wo three" } });
  });

  it("sees nothing of a turn that waits, and start and end of an empty answer", () => {
    expect(nextEvent(view(1, "", { started: false }), undefined)).toBeUndefined();
    const ended = view(1, "", { started: false, ending: stopped });
    expect(nextEvent(ended, undefined)).toEqual({ type: "start", cursor: { attempt: 1, rank: 0 } });
    expect(nextEvent(ended, { attempt: 1, rank: 0 })).toMatchObject({
      type: "end",
      cursor: { attempt: 1, rank: Infinity },
    });
    expect(nextEvent(ended, { attempt: 1, rank: Infinity })).toBeUndefined();
  });

  it("of an older attempt gets the newer one from its start, also when it had seen an end", () => {
    for (const rank of [0, 2, 900, Infinity]) {
      expect(nextEvent(view(2, "New"), { attempt: 1, rank })).toEqual({
        type: "start",
        cursor: { attempt: 2, rank: 0 },
      });
    }
  });

  it("is refused a place that an ended turn never had, and waits for one that a running turn may get", () => {
    const ended = view(2, "Text", { ending: stopped });
    for (const cursor of [
      { attempt: 2, rank: 5 },
      { attempt: 3, rank: 0 },
      { attempt: 3, rank: Infinity },
    ]) {
      expect(() => nextEvent(ended, cursor)).toThrow(
        expect.objectContaining({ code: "INVALID_CURSOR" }),
      );
      expect(nextEvent(view(2, "Text"), cursor)).toBeUndefined();
    }
  });
});

describe("a frame", () => {
  const events: TurnEvent[] = [
    { type: "start", cursor: { attempt: 2, rank: 0 } },
    { type: "chunk", cursor: { attempt: 2, rank: 7 }, piece: { offset: 3, content: 'a"\n💥' } },
    { type: "end", cursor: { attempt: 2, rank: Infinity }, ending: stopped },
    {
      type: "end",
      cursor: { attempt: 2, rank: Infinity },
      ending: { type: "error", code: "PROCESSING_ERROR", message: "Failed", usage: noUsage },
    },
  ];

  it("carries the place of its event, and is the same as text", () => {
    for (const event of events) {
      const frame = turnFrame(turn, event, 3);
      expect(frame.data).toMatchObject({ message_id: "msg_1", chat_id: "chat_1", attempt: 2 });
      expect(parseCursor(frame.data.cursor)).toEqual(event.cursor);
    }
    expect(events.map((event) => turnFrame(turn, event, 3).type)).toEqual([
      "response_start",
      "response_chunk",
      "response_complete",
      "error",
    ]);
  });
});

function throughTheWire(cursor: Cursor): Cursor {
  return parseCursor(formatCursor(cursor));
}
