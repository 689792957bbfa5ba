import { expect, it } from "vitest";
import type { Ending } from "../../api/core/message.ts";
import { cursorOf, eventsOf, makeTurn, readAll, theEnding } from "./turn-streams-events.ts";
import type { TurnStreamsWorld } from "./turn-streams.ts";

/** What can be read of a stream. */
export function readingContract(world: () => TurnStreamsWorld): void {
  it("gives every process what was appended, in order", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One", " two", " three"], theEnding);
    const turn = await publish(events.slice(0, 1));
    for (const [index, event] of events.entries()) {
      if (index === 0) continue;
      expect(await streams.append(turn, cursorOf(events[index - 1]), [event])).toBe("appended");
      expect(await others.read(turn, undefined)).toEqual(events.slice(0, index + 1));
    }
  });

  it("takes several events at once", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One", " two", " three"], theEnding);
    const turn = await publish(events.slice(0, 2));
    expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("appended");
    expect(await others.read(turn, undefined)).toEqual(events);
  });

  it("goes on behind every place: the start, each piece, within a piece, the end", async () => {
    const { others, publish } = world();
    const events = eventsOf(3, ["One", " two", " three"], theEnding);
    const turn = await publish(events);
    for (const [index, event] of events.entries()) {
      expect(await others.read(turn, event.cursor)).toEqual(events.slice(index + 1));
    }
    expect(await others.read(turn, { attempt: 3, rank: 4 })).toEqual(events.slice(2));
    expect(await others.read(turn, { attempt: 3, rank: 10_000 })).toEqual(events.slice(-1));
    expect(await others.read(turn, { attempt: 2, rank: Infinity })).toEqual(events);
    expect(await others.read(turn, { attempt: 4, rank: 0 })).toEqual([]);
  });

  it("has nothing of a turn that nobody published", async () => {
    const { streams } = world();
    expect(await streams.read(makeTurn(), undefined)).toEqual([]);
    expect(await streams.read(makeTurn(), { attempt: 1, rank: 5 })).toEqual([]);
  });

  it("gives a long rest, be it in parts", async () => {
    const { others, publish } = world();
    const pieces = Array.from({ length: 1000 }, (_, index) => `word ${index} `);
    const events = eventsOf(1, pieces, theEnding);
    const turn = await publish(events);
    expect(await readAll(others, turn)).toEqual(events);
    expect(await readAll(others, turn, cursorOf(events[500]))).toEqual(events.slice(501));
  });

  it("keeps an answer without text apart from one that has only begun", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, [], theEnding);
    const turn = await publish(events.slice(0, 1));
    expect(await others.read(turn, { attempt: 1, rank: 0 })).toEqual([]);
    expect(await streams.append(turn, { attempt: 1, rank: 0 }, events.slice(1))).toBe("appended");
    expect(await others.read(turn, undefined)).toEqual(events);
    expect(await others.read(turn, { attempt: 1, rank: Infinity })).toEqual([]);
  });

  it("keeps every text and every ending as they were", async () => {
    const { others, publish } = world();
    const pieces = [
      "Zwölf 🍅🍅 Tomaten 👩‍🌾",
      " \"quotes\" 'and' \\ \\n \\u0041",
      "\n\r\n\t\u0001\u001F\u007F\u2028\u2029\uFEFF",
      "\uD83C", // what the core never publishes: half a character
      "{}[],:*$-1\r\n$5\r\nhello",
      "x".repeat(1_000_000),
      "語".repeat(100_000),
    ];
    const endings: Ending[] = [
      theEnding,
      { ...theEnding, model: 'a "model" 🍅\n', degraded: ["model_unavailable"], sources: [] },
      { type: "error", code: "MODEL_ERROR", message: "Es ging nicht 🍅", usage: theEnding.usage },
    ];
    for (const ending of endings) {
      const events = eventsOf(1, pieces, ending);
      const turn = await publish(events);
      expect(await readAll(others, turn)).toEqual(events);
    }
  });
}
