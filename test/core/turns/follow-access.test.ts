import { describe, expect, it } from "vitest";
import type { Caller } from "../../../api/core/access/caller.ts";
import { invalidToken } from "../../../api/core/access/gate.ts";
import { followChat } from "../../../api/core/turns/follow-chat.ts";
import { idlePollMs } from "../../../api/core/turns/read-turn.ts";
import type { TurnEvent, TurnRef } from "../../../api/core/turns/turn-event.ts";
import { makeChat } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import {
  assemble,
  drain,
  follow,
  makeCaller,
  openProcess,
  testTenant,
} from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant } from "../../support/tenant.ts";

const gone = { code: "CHAT_NOT_FOUND" };

/** A chat of a visitor, and a stranger who follows it by its id. */
async function open() {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer, caller: makeCaller({ visitorId: "vis_1" }) });
  const { store, clock } = process;
  const chat = makeChat({ ownerId: "vis_1" });
  await store.createChat(testTenant, chat);
  let reads = 0;
  const findChat: typeof store.findChat = (...args) => {
    reads += 1;
    return store.findChat(...args);
  };
  let caller: Caller | Error = makeCaller();
  const look = async () => {
    if (caller instanceof Error) throw caller;
    return caller;
  };
  const reader = { ...process.reader, chats: { ...store, findChat } };
  const leaving = new AbortController();
  const access = { caller: makeCaller(), look };
  const follower = follow(followChat(reader, access, chat.id, undefined, leaving.signal));
  await settle();
  const answer = async (index: number, text: string) => {
    const given = await answerer.nth(index);
    given.say(text);
    given.finish();
    await settle();
    await drain(clock, 3);
  };
  return {
    ...process,
    answerer,
    chat,
    follower,
    answer,
    ask: () => process.ask({ chatId: chat.id, content: "?" }),
    claim: () => store.moveChats(testTenant, "vis_1", "user_ann"),
    become: (next: Caller | Error) => (caller = next),
    texts: () => textsOf(follower.events),
    countReads: () => reads,
    leave: () => leaving.abort(),
  };
}

function textsOf(told: readonly { turn: TurnRef; event: TurnEvent }[]): string[] {
  const turns = new Set(told.map(({ turn }) => turn.messageId));
  return [...turns].map((id) =>
    assemble(told.flatMap(({ turn, event }) => (turn.messageId === id ? [event] : []))),
  );
}

describe("who follows a chat by its id", () => {
  it("is told nothing more once a user has claimed it", async () => {
    const { follower, ask, answer, claim, texts, clock } = await open();
    await ask();
    await answer(0, "For all");
    await claim();
    clock.advance(10 * idlePollMs);
    await expect(follower.done).rejects.toMatchObject(gone);
    expect(texts()).toEqual(["For all"]);
    expect(clock.timers).toBe(0);
  });

  it("reads the turn that is being read to its end, and not the one that waits behind it", async () => {
    const { follower, ask, answer, claim, texts, answerer } = await open();
    await ask();
    await ask();
    (await answerer.nth(0)).say("Begun, ");
    await settle();
    await claim();
    await answer(0, "and ended");
    await expect(follower.done).rejects.toMatchObject(gone);
    expect(texts()).toEqual(["Begun, and ended"]);
    await answer(1, "Secret");
    expect(texts()).toHaveLength(1);
  });

  it("is told nothing more once the tenant asks for the visitor's token; the visitor is", async () => {
    const strict = makeTenant("demo", { chat_access: "visitor" });
    for (const [visitorId, count] of [
      [undefined, 1],
      ["vis_1", 2],
    ] as const) {
      const world = await open();
      await world.ask();
      await world.answer(0, "First");
      world.become(makeCaller({ tenant: strict, visitorId }));
      await world.ask();
      await world.answer(1, "Second");
      expect(world.texts()).toEqual(["First", "Second"].slice(0, count));
      world.leave();
      if (count === 1) await expect(world.follower.done).rejects.toMatchObject(gone);
      else await world.follower.done;
    }
  });

  it("ends with the reason for which they may no longer read", async () => {
    const { follower, ask, answer, texts, become } = await open();
    await ask();
    await answer(0, "First");
    become(invalidToken());
    await ask();
    await expect(follower.done).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(texts()).toEqual(["First"]);
  });

  it("costs one read of the chat a turn, however many pieces it has", async () => {
    const { ask, answerer, countReads, clock, leave, follower } = await open();
    const before = countReads();
    await ask();
    const given = await answerer.nth(0);
    await settle();
    const begun = countReads();
    for (let piece = 0; piece < 20; piece += 1) {
      given.say(`${piece} `);
      await settle();
      clock.advance(100);
      await settle();
    }
    expect(follower.events.length).toBeGreaterThan(10);
    expect(countReads()).toBe(begun);
    expect(begun - before).toBeLessThanOrEqual(1);
    given.finish();
    await settle();
    leave();
    await follower.done;
  });
});
