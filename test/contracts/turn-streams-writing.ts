import { expect, it } from "vitest";
import type { Cursor } from "../../api/core/turns/cursor.ts";
import type { TurnEvent } from "../../api/core/turns/turn-event.ts";
import { cursorOf, eventsOf, makeTurn, readAll, theEnding } from "./turn-streams-events.ts";
import type { TurnStreamsWorld } from "./turn-streams.ts";

/** What is written, and what is refused. */
export function writingContract(world: () => TurnStreamsWorld): void {
  it("finds a gap where the stream ends elsewhere, and changes nothing", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(2, ["One", " two"], theEnding);
    const turn = await publish(events.slice(0, 2));
    const wrong: Cursor[] = [
      { attempt: 2, rank: 0 },
      { attempt: 2, rank: 2 },
      { attempt: 1, rank: 3 },
      { attempt: 1, rank: Infinity },
    ];
    for (const after of wrong) {
      expect(await streams.append(turn, after, events.slice(-1))).toBe("gap");
    }
    const ahead = eventsOf(2, ["One", " two", " three"], theEnding).slice(3);
    expect(await others.append(turn, { attempt: 2, rank: 7 }, ahead)).toBe("gap");
    expect(await others.read(turn, undefined)).toEqual(events.slice(0, 2));
    expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("appended");
    expect(await others.read(turn, undefined)).toEqual(events);
  });

  it("finds a gap where there is no stream, and begins none", async () => {
    const { streams } = world();
    const turn = makeTurn();
    const events = eventsOf(1, ["One"], theEnding);
    expect(await streams.append(turn, { attempt: 1, rank: 0 }, events.slice(1))).toBe("gap");
    expect(await streams.read(turn, undefined)).toEqual([]);
    expect(await streams.replace(turn, events)).toBe("replaced");
    expect(await streams.read(turn, undefined)).toEqual(events);
  });

  it("finds a gap when the same is appended twice", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One", " two"], theEnding);
    const turn = await publish(events.slice(0, 1));
    const after = cursorOf(events[0]);
    expect(await streams.append(turn, after, events.slice(1, 2))).toBe("appended");
    expect(await streams.append(turn, after, events.slice(1, 2))).toBe("gap");
    expect(await others.read(turn, undefined)).toEqual(events.slice(0, 2));
  });

  it("makes other pieces of the same text the whole stream", async () => {
    const { streams, others, publish } = world();
    const turn = await publish(eventsOf(1, ["One", " two", " three"], undefined));
    const merged = eventsOf(1, ["One two three four"], undefined);
    expect(await others.replace(turn, merged)).toBe("replaced");
    expect(await streams.read(turn, undefined)).toEqual(merged);
    expect(await streams.append(turn, cursorOf(merged[1]), endOf(1))).toBe("appended");
  });

  it("lets a later attempt take the place of an earlier one, even of an ended one", async () => {
    const { streams, others, publish } = world();
    const first = eventsOf(1, ["One", " two"], theEnding);
    const turn = await publish(first);
    const second = eventsOf(2, ["Another"], theEnding);
    expect(await others.replace(turn, second.slice(0, 1))).toBe("replaced");
    expect(await streams.read(turn, undefined)).toEqual(second.slice(0, 1));
    expect(await streams.read(turn, cursorOf(first.at(-1)))).toEqual(second.slice(0, 1));
    expect(await others.append(turn, cursorOf(second[0]), second.slice(1))).toBe("appended");
    expect(await streams.read(turn, undefined)).toEqual(second);
  });

  it("shuts an earlier attempt out, however it writes", async () => {
    const { streams, others, publish } = world();
    const first = eventsOf(9, ["One", " two"], theEnding);
    const turn = await publish(first.slice(0, 2));
    const second = eventsOf(10, ["Another"], undefined);
    expect(await others.replace(turn, second)).toBe("replaced");
    expect(await streams.append(turn, cursorOf(first[1]), first.slice(2))).toBe("fenced");
    expect(await streams.append(turn, { attempt: 9, rank: 0 }, first.slice(1))).toBe("fenced");
    expect(await streams.replace(turn, first)).toBe("fenced");
    expect(await streams.replace(turn, first.slice(0, 1))).toBe("fenced");
    expect(await others.read(turn, undefined)).toEqual(second);
    expect(await others.append(turn, cursorOf(second[1]), endOf(10))).toBe("appended");
  });

  it("lets exactly one of two writers with the same expectation append", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(
      1,
      Array.from({ length: 30 }, (_, index) => `${index} `),
      undefined,
    );
    const turn = await publish(events.slice(0, 1));
    for (const [index, event] of events.entries()) {
      if (index === 0) continue;
      const after = cursorOf(events[index - 1]);
      const outcomes = await Promise.all(
        [streams, others, streams, others].map((one) => one.append(turn, after, [event])),
      );
      expect(outcomes.toSorted()).toEqual(["appended", "gap", "gap", "gap"]);
    }
    expect(await readAll(others, turn)).toEqual(events);
  });

  it("ends at the later of two attempts that write at once", async () => {
    const { streams, others } = world();
    const turn = makeTurn();
    const latest = eventsOf(12, ["Twelve"], theEnding);
    const outcomes = await Promise.all(
      [9, 12, 10, 8, 11].map((attempt, index) =>
        (index % 2 === 0 ? streams : others).replace(
          turn,
          attempt === 12 ? latest : eventsOf(attempt, ["Another"], undefined),
        ),
      ),
    );
    expect(outcomes[1]).toBe("replaced");
    expect(await streams.read(turn, undefined)).toEqual(latest);
  });

  it("refuses events that no stream can hold in their order, and changes nothing", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One", " two", " three"], theEnding);
    const turn = await publish(events.slice(0, 2));
    const after = cursorOf(events[1]);
    const refused = [
      [],
      events.slice(1, 3),
      events.slice(2, 4).toReversed(),
      [...events.slice(2, 4), ...eventsOf(2, [], undefined)],
      [...events.slice(2), ...events.slice(2)],
    ];
    for (const wrong of refused) {
      await expect(streams.append(turn, after, wrong)).rejects.toThrow(Error);
    }
    for (const wrong of refused.filter((_, index) => index !== 1)) {
      await expect(streams.replace(turn, wrong)).rejects.toThrow(Error);
    }
    expect(await others.read(turn, undefined)).toEqual(events.slice(0, 2));
  });

  it("keeps turns and tenants apart, whatever they are called", async () => {
    const { streams, others } = world();
    const { messageId, chatId } = makeTurn();
    const tenants = ["a", "A", "a}", "{a}", "a}:turn:b", "ä b", "a*", "", messageId];
    const ids = [messageId, `b}:turn:${messageId}`, `${messageId}:x`];
    const turns = tenants.flatMap((tenantId) =>
      ids.map((id) => ({ tenantId, chatId, messageId: id })),
    );
    for (const [index, turn] of turns.entries()) {
      expect(await streams.read(turn, undefined)).toEqual([]);
      await streams.replace(turn, eventsOf(1, [`Answer ${index}`], theEnding));
    }
    for (const [index, turn] of turns.entries()) {
      const events = eventsOf(1, [`Answer ${index}`], theEnding);
      expect(await others.read(turn, undefined)).toEqual(events);
    }
  });
}

function endOf(attempt: number): TurnEvent[] {
  return eventsOf(attempt, [], theEnding).slice(-1);
}
