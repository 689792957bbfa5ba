import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { followChat, type ChatPlace } from "../../../api/core/turns/follow-chat.ts";
import type { TurnEvent, TurnRef } from "../../../api/core/turns/turn-event.ts";
import { makeChat } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { accessOf, follow, makeCaller, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";

const access = accessOf(makeCaller());

/** A chat in a process that may drain. */
async function open() {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer });
  const chat = makeChat();
  await process.store.createChat(testTenant, chat);
  const draining = new AbortController();
  const never = new AbortController().signal;
  const followFrom = (place?: ChatPlace) =>
    follow(followChat(process.reader, access, chat.id, place, never, draining.signal));
  const say = async (content: string) => {
    const { answer } = await process.ask({ chatId: chat.id, content });
    return answer;
  };
  return { ...process, answerer, followFrom, say, drain: () => draining.abort() };
}

const tell = (events: readonly { turn: TurnRef; event: TurnEvent }[]) =>
  events.map(({ event }) => (event.type === "chunk" ? event.piece.content : event.type));

describe("who follows a chat when the process drains", () => {
  it("is done at once where no turn is under way", async () => {
    const { followFrom, drain, clock } = await open();
    const follower = followFrom();
    await settle();
    drain();
    await follower.done;
    expect(clock.timers).toBe(0);
  });

  it("is done when the turn under way has ended, also when others wait behind it", async () => {
    const { followFrom, say, answerer, drain } = await open();
    await say("1");
    await say("2");
    const follower = followFrom();
    await settle();
    drain();
    const given = await answerer.nth(0);
    given.say("All of it");
    given.finish();
    await follower.done;
    expect(tell(follower.events)).toEqual(["start", "All of it", "end"]);
    (await answerer.nth(1)).finish();
  });

  it("and begins only then still sees the turn under way, without and with a place", async () => {
    const { followFrom, say, answerer, drain } = await open();
    const first = await say("1");
    (await answerer.nth(0)).finish();
    const second = await say("2");
    await answerer.nth(1);
    drain();
    const followers = [
      followFrom(),
      followFrom({ messageId: first.id, cursor: { attempt: 1, rank: Infinity } }),
      followFrom({ messageId: second.id, cursor: undefined }),
    ];
    await settle();
    (await answerer.nth(1)).say("Still here");
    (await answerer.nth(1)).finish();
    for (const { done, events } of followers) {
      await done;
      expect(tell(events)).toEqual(["start", "Still here", "end"]);
    }
  });

  it("is done at once where it begins at the end of everything", async () => {
    const { followFrom, say, answerer, drain, clock } = await open();
    const { id } = await say("1");
    (await answerer.nth(0)).finish();
    await settle();
    drain();
    const followers = [
      followFrom(),
      followFrom({ messageId: id, cursor: { attempt: 1, rank: Infinity } }),
    ];
    for (const { done, events } of followers) {
      await done;
      expect(events).toEqual([]);
    }
    expect(clock.timers).toBe(0);
  });
});

it("whenever the process drains, nobody is left waiting, and every turn that was begun is told to its end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 0, max: 3 }), async (scheduler, count) => {
      const { reader, say, answerer, chat, drain, draining, clock } =
        await openScheduled(scheduler);
      const never = new AbortController().signal;
      const follower = follow(followChat(reader, access, chat, undefined, never, draining));
      const questions = Array.from({ length: count }, (_, index) => ({
        label: `question ${index}`,
        builder: async () => {
          await say(String(index));
          const given = await answerer.nth(index);
          given.say(`Answer ${index}`);
          given.finish();
          await settle();
        },
      }));
      scheduler.scheduleSequence(questions);
      void scheduler.schedule(Promise.resolve(), "drain").then(drain);
      while (scheduler.count() > 0) {
        await scheduler.waitOne();
        await settle();
      }
      await follower.done;
      const starts = follower.events.filter(({ event }) => event.type === "start").length;
      const ends = follower.events.filter(({ event }) => event.type === "end").length;
      expect(ends).toBe(starts);
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 100 },
  );
});

/** The same, where each look at the store takes as long as the scheduler likes. */
async function openScheduled(scheduler: fc.Scheduler) {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer });
  const chat = makeChat();
  await process.store.createChat(testTenant, chat);
  const draining = new AbortController();
  const { chats } = process.reader;
  const slow = {
    findNextAnswer: scheduler.scheduleFunction(chats.findNextAnswer),
    findLiveEdge: scheduler.scheduleFunction(chats.findLiveEdge),
    findChat: scheduler.scheduleFunction(chats.findChat),
  };
  return {
    answerer,
    chat: chat.id,
    reader: { ...process.reader, chats: { ...chats, ...slow } },
    clock: process.clock,
    say: (content: string) => process.ask({ chatId: chat.id, content }),
    drain: () => draining.abort(),
    draining: draining.signal,
  };
}
