import { expect, it } from "vitest";
import { cursorOf, eventsOf, theEnding } from "./turn-streams-events.ts";
import type { TurnStreamsWorld } from "./turn-streams.ts";

/** How long a stream stays. */
export function expiryContract(world: () => TurnStreamsWorld): void {
  const minute = 60_000;

  it("keeps a stream under way for ten minutes after its last change", async () => {
    const { streams, others, publish, pass } = world();
    const events = eventsOf(1, ["One", " two"], theEnding);
    const turn = await publish(events.slice(0, 1));
    await pass(9 * minute);
    await streams.append(turn, cursorOf(events[0]), events.slice(1, 2));
    await pass(9 * minute);
    expect(await others.read(turn, undefined)).toEqual(events.slice(0, 2));
    await pass(minute);
    expect(await others.read(turn, undefined)).toEqual([]);
    expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("gap");
  });

  it("keeps an ended one for a minute, whether it was appended to or replaced", async () => {
    const { streams, others, publish, pass } = world();
    const events = eventsOf(1, ["One"], theEnding);
    const appended = await publish(events.slice(0, 2));
    await streams.append(appended, cursorOf(events[1]), events.slice(2));
    const replaced = await publish(events);
    await pass(minute - 10_000);
    expect(await others.read(appended, undefined)).toEqual(events);
    expect(await others.read(replaced, undefined)).toEqual(events);
    await pass(10_000);
    expect(await others.read(appended, undefined)).toEqual([]);
    expect(await others.read(replaced, undefined)).toEqual([]);
  });

  it("is that of a stream under way again when a later attempt begins", async () => {
    const { streams, others, publish, pass } = world();
    const turn = await publish(eventsOf(1, ["One"], theEnding));
    await streams.replace(turn, eventsOf(2, [], undefined));
    await pass(9 * minute);
    expect(await others.read(turn, undefined)).toEqual(eventsOf(2, [], undefined));
  });
}
