import { expect, it } from "vitest";
import { createMemoryTurnStreams } from "../../../api/adapters/memory/turn-streams.ts";
import { createManualClock } from "../../support/clock.ts";
import { turnStreamsContract } from "../../contracts/turn-streams.ts";
import {
  createBell,
  cursorOf,
  eventsOf,
  makeTurn,
  theEnding,
} from "../../contracts/turn-streams-events.ts";

turnStreamsContract("memory", async () => {
  const clock = createManualClock();
  const streams = createMemoryTurnStreams(clock);
  return {
    open: async () => streams,
    pass: async (ms) => clock.advance(ms),
    close: async () => streams.clear(),
  };
});

it("finds a gap once everything is lost, and wakes nobody for that", async () => {
  const streams = createMemoryTurnStreams(createManualClock());
  const turn = makeTurn();
  const events = eventsOf(1, ["One", " two"], theEnding);
  await streams.replace(turn, events.slice(0, 2));
  const bell = createBell();
  await streams.watch(turn, bell.ring);
  streams.clear();
  expect(await streams.read(turn, undefined)).toEqual([]);
  expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("gap");
  expect(bell.count).toBe(0);
  expect(await streams.replace(turn, events)).toBe("replaced");
  await bell.rung(1);
});
