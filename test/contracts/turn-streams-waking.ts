import { expect, it } from "vitest";
import type { TurnEvent } from "../../api/core/turns/turn-event.ts";
import { createBell, cursorOf, eventsOf, makeTurn, theEnding } from "./turn-streams-events.ts";
import type { TurnStreamsWorld } from "./turn-streams.ts";

/** Who is woken, and when. */
export function wakingContract(world: () => TurnStreamsWorld): void {
  it("wakes at each change of the turn, by whatever process", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One", " two"], theEnding);
    const turn = await publish(events.slice(0, 1));
    const bell = createBell();
    await others.watch(turn, bell.ring);
    await streams.append(turn, cursorOf(events[0]), events.slice(1, 2));
    await bell.rung(1);
    await others.append(turn, cursorOf(events[1]), events.slice(2));
    await bell.rung(2);
    await streams.replace(turn, events);
    await bell.rung(3);
    expect(await others.read(turn, undefined)).toEqual(events);
  });

  it("wakes who watches the chat at each announcement", async () => {
    const { streams, others } = world();
    const turn = makeTurn();
    const bell = createBell();
    const { tenantId, chatId } = turn;
    await others.watch({ tenantId, chatId }, bell.ring);
    await streams.announce(turn);
    await bell.rung(1);
    await others.announce({ ...turn, messageId: "msg_other" });
    await bell.rung(2);
  });

  it("has changed the stream before it wakes", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(1, ["One"], theEnding);
    const turn = await publish(events.slice(0, 1));
    const seen = new Promise((resolve, reject) => {
      const look = () => void others.read(turn, undefined).then(resolve, reject);
      others
        .watch(turn, look)
        .then(() => streams.append(turn, cursorOf(events[0]), events.slice(1)), reject);
    });
    expect(await seen).toEqual(events);
  });

  it("misses nothing from the moment on in which the watch stands", async () => {
    const { streams, others } = world();
    for (let round = 0; round < 25; round += 1) {
      const turn = makeTurn();
      const bell = createBell();
      const unwatch = await others.watch(turn, bell.ring);
      await streams.replace(turn, eventsOf(1, [], undefined));
      await bell.rung(1);
      await unwatch();
    }
  });

  it("doesn't wake where nothing was changed, nor for another turn, chat or tenant", async () => {
    const { streams, others, publish } = world();
    const events = eventsOf(2, ["One"], theEnding);
    const turn = await publish(events.slice(0, 2));
    const { tenantId, chatId } = turn;
    const ofTurn = createBell();
    const ofChat = createBell();
    await others.watch(turn, ofTurn.ring);
    await others.watch({ tenantId, chatId }, ofChat.ring);
    const foreign = [
      { ...turn, messageId: chatId },
      { ...turn, messageId: "msg_other" },
      { ...turn, tenantId: "other" },
    ];
    for (const other of foreign) await streams.replace(other, events);
    await streams.announce({ ...turn, chatId: "chat_other" });
    await streams.announce({ ...turn, tenantId: "other" });
    expect(await streams.append(turn, { attempt: 2, rank: 0 }, endOf(2))).toBe("gap");
    expect(await streams.replace(turn, eventsOf(1, [], undefined))).toBe("fenced");
    await streams.append(turn, cursorOf(events[1]), events.slice(2));
    await streams.announce(turn);
    await ofTurn.rung(1);
    await ofChat.rung(1);
    expect([ofTurn.count, ofChat.count]).toEqual([1, 1]);
  });

  it("wakes each of several watchers, until that one stops", async () => {
    const { streams, others } = world();
    const turn = makeTurn();
    const events = eventsOf(1, ["One", " two"], undefined);
    const [first, second, elsewhere] = [createBell(), createBell(), createBell()];
    const [unwatchFirst, unwatchSecond] = await Promise.all([
      others.watch(turn, first.ring),
      others.watch(turn, second.ring),
      streams.watch(turn, elsewhere.ring),
    ]);
    await streams.replace(turn, events.slice(0, 1));
    await Promise.all([first, second, elsewhere].map((bell) => bell.rung(1)));

    await unwatchFirst();
    await unwatchFirst();
    await streams.append(turn, cursorOf(events[0]), events.slice(1, 2));
    await Promise.all([second, elsewhere].map((bell) => bell.rung(2)));

    await unwatchSecond();
    const late = createBell();
    await others.watch(turn, late.ring);
    await streams.append(turn, cursorOf(events[1]), events.slice(2));
    await Promise.all([late.rung(1), elsewhere.rung(3)]);
    expect([first.count, second.count, elsewhere.count, late.count]).toEqual([1, 2, 3, 1]);
  });

  it("counts one function that watches twice as two", async () => {
    const { streams, others } = world();
    const turn = makeTurn();
    const bell = createBell();
    const unwatch = await others.watch(turn, bell.ring);
    await others.watch(turn, bell.ring);
    await streams.replace(turn, eventsOf(1, [], undefined));
    await bell.rung(2);
    await unwatch();
    await streams.replace(turn, eventsOf(1, [], undefined));
    await bell.rung(3);
    expect(bell.count).toBe(3);
  });

  it("lets a watcher stop, and another begin, while they are woken", async () => {
    const { streams, others } = world();
    const turn = makeTurn();
    const [first, second, third] = [createBell(), createBell(), createBell()];
    const unwatch: (() => Promise<void>)[] = [];
    const began: Promise<unknown>[] = [];
    const stopAll = async () => {
      first.ring();
      for (const stop of unwatch.splice(0)) await stop();
      began.push(others.watch(turn, third.ring));
    };
    unwatch.push(await others.watch(turn, () => void stopAll()));
    unwatch.push(await others.watch(turn, second.ring));
    await streams.replace(turn, eventsOf(1, [], undefined));
    await first.rung(1);
    await expect.poll(() => began.length).toBe(1);
    await Promise.all(began);
    await streams.replace(turn, eventsOf(1, [], undefined));
    await third.rung(1);
    expect(first.count).toBe(1);
  });
}

function endOf(attempt: number): TurnEvent[] {
  return eventsOf(attempt, [], theEnding).slice(-1);
}
