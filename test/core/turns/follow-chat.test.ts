import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { followChat, type ChatPlace } from "../../../api/core/turns/follow-chat.ts";
import { idlePollMs } from "../../../api/core/turns/read-turn.ts";
import type { TurnEvent, TurnRef } from "../../../api/core/turns/turn-event.ts";
import { makeChat, makeFinish, makeFirstTurn, makeTurn } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import {
  accessOf,
  assemble,
  drain,
  follow,
  makeCaller,
  openProcess,
  testTenant,
  type Follower,
} from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant } from "../../support/tenant.ts";

type Told = { turn: TurnRef; event: TurnEvent };

/** A chat in which nothing was said yet, and those who follow it. */
async function open() {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer });
  const chat = makeChat();
  await process.store.createChat(testTenant, chat);
  const controller = new AbortController();
  const followFrom = (place?: ChatPlace, signal = controller.signal): Follower<Told> =>
    follow(followChat(process.reader, accessOf(makeCaller()), chat.id, place, signal));
  const say = async (content: string) => {
    const { answer } = await process.ask({ chatId: chat.id, content });
    return answer;
  };
  return { ...process, answerer, chat, followFrom, say, abort: () => controller.abort() };
}

/** Each turn's text and the order of the turns. */
function summarize(told: readonly Told[]): { id: string; text: string }[] {
  const ids = [...new Set(told.map(({ turn }) => turn.messageId))];
  return ids.map((id) => ({
    id,
    text: assemble(told.filter(({ turn }) => turn.messageId === id).map(({ event }) => event)),
  }));
}

describe("who follows a chat", () => {
  it("sees its turns one after another, as they are asked", async () => {
    const { followFrom, say, answerer, chat, abort, clock } = await open();
    const follower = followFrom();
    await settle();
    const answers = [];
    for (const [index, text] of ["First", "Second", "Third"].entries()) {
      answers.push(await say(`Question ${index}`));
      const given = await answerer.nth(index);
      given.say(text);
      given.finish();
      await settle();
    }
    await drain(clock, 3);
    expect(summarize(follower.events).map(({ text }) => text)).toEqual([
      "First",
      "Second",
      "Third",
    ]);
    expect(follower.events.map(({ turn }) => turn.chatId)).toEqual(
      follower.events.map(() => chat.id),
    );
    abort();
    await follower.done;
    expect(clock.timers).toBe(0);
  });

  it("begins with the turn that is under way, from its start", async () => {
    const { followFrom, say, answerer, store, clock, abort, chat } = await open();
    const old = await store.saveTurn(testTenant, makeTurn(chat.id));
    await store.finishTurn(testTenant, old.answer.id, 1, makeFinish("Long ago"));
    await say("Question");
    const given = await answerer.nth(0);
    given.say("Under way");
    await settle();
    const follower = followFrom();
    await settle();
    expect(follower.events.map(({ event }) => event.type)).toEqual(["start", "chunk"]);
    given.finish();
    await settle();
    expect(summarize(follower.events)).toMatchObject([{ text: "Under way" }]);
    abort();
    await follower.done;
    expect(clock.timers).toBe(0);
  });

  it("sees the turns that wait too, in order, each once it runs", async () => {
    const { followFrom, say, answerer, abort } = await open();
    const follower = followFrom();
    const answers = [await say("1"), await say("2"), await say("3")];
    for (let index = 0; index < 3; index += 1) {
      const given = await answerer.nth(index);
      expect(answerer.asked).toHaveLength(index + 1);
      given.say(`Answer ${index}`);
      given.finish();
    }
    await settle();
    expect(summarize(follower.events)).toEqual(
      answers.map(({ id }, index) => ({ id, text: `Answer ${index}` })),
    );
    abort();
    await follower.done;
  });

  it("goes on from a place: the rest of that turn, and every turn behind it", async () => {
    const { followFrom, store, chat, abort } = await open();
    const ids: string[] = [];
    for (const text of ["First answer", "Second answer", "Third answer"]) {
      const { answer } = await store.saveTurn(testTenant, makeTurn(chat.id));
      await store.finishTurn(testTenant, answer.id, 1, makeFinish(text));
      ids.push(answer.id);
    }
    const [first = "", second = "", third = ""] = ids;
    const rest = async (place: ChatPlace) => {
      const follower = followFrom(place);
      await settle();
      return follower.events.map(({ turn, event }) => {
        return [
          ids.indexOf(turn.messageId),
          event.type === "chunk" ? event.piece.content : event.type,
        ];
      });
    };
    const thirdTurn = [
      [2, "start"],
      [2, "Third answer"],
      [2, "end"],
    ];
    const secondTurn = [
      [1, "start"],
      [1, "Second answer"],
      [1, "end"],
    ];
    expect(await rest({ messageId: second, cursor: { attempt: 1, rank: 7 } })).toEqual([
      [1, "answer"],
      [1, "end"],
      ...thirdTurn,
    ]);
    expect(await rest({ messageId: first, cursor: { attempt: 1, rank: Infinity } })).toEqual([
      ...secondTurn,
      ...thirdTurn,
    ]);
    expect(await rest({ messageId: second, cursor: undefined })).toEqual([
      ...secondTurn,
      ...thirdTurn,
    ]);
    expect(await rest({ messageId: third, cursor: { attempt: 1, rank: Infinity } })).toEqual([]);
    abort();
  });

  it("is refused a place that is not in this chat", async () => {
    const { followFrom, store, say, reader, chat } = await open();
    const elsewhere = await store.saveTurn(testTenant, makeFirstTurn());
    const here = await say("Question");
    const cursor = { attempt: 1, rank: 0 };
    for (const messageId of [elsewhere.answer.id, here.replyTo ?? "", "msg_unknown", ""]) {
      await expect(followFrom({ messageId, cursor }).done, messageId).rejects.toMatchObject({
        code: "INVALID_CURSOR",
      });
    }
    const other = makeTenant("other");
    const foreign = follow(
      followChat(
        reader,
        accessOf(makeCaller({ tenant: other })),
        chat.id,
        { messageId: here.id, cursor },
        new AbortController().signal,
      ),
    );
    await expect(foreign.done).rejects.toMatchObject({ code: "INVALID_CURSOR" });
  });

  it("sees nothing of another chat, nor of another tenant's", async () => {
    const { followFrom, ask, store, answerer, abort, chat } = await open();
    const follower = followFrom();
    await ask("In a new chat");
    const other = makeCaller({ tenant: makeTenant("other") });
    const stranger = openProcess({ answerer, store, caller: other });
    await stranger.store.createChat(other.tenant, chat);
    await stranger.ask({ chatId: chat.id, content: "The same id" });
    for (const given of [await answerer.nth(0), await answerer.nth(1)]) {
      given.say("Secret");
      given.finish();
    }
    await settle();
    expect(follower.events).toEqual([]);
    abort();
    await follower.done;
  });

  it("sees a turn of another process at the next look, at the latest", async () => {
    const { followFrom, store, chat, clock, abort } = await open();
    const follower = followFrom();
    await settle();
    const { answer } = await store.saveTurn(testTenant, makeTurn(chat.id));
    await store.finishTurn(testTenant, answer.id, 1, makeFinish("Elsewhere"));
    clock.advance(10 * idlePollMs);
    await settle();
    expect(summarize(follower.events)).toEqual([{ id: answer.id, text: "Elsewhere" }]);
    abort();
    await follower.done;
  });

  it("leaves at any moment, without a throw and without a trace", async () => {
    const { followFrom, say, answerer, clock } = await open();
    const [idle, reading] = [new AbortController(), new AbortController()];
    const followers = [followFrom(undefined, idle.signal), followFrom(undefined, reading.signal)];
    const gone = followFrom(undefined, AbortSignal.abort());
    await gone.done;
    await settle();
    idle.abort();
    await followers[0]?.done;
    await say("Question");
    (await answerer.nth(0)).say("Part");
    await settle();
    reading.abort();
    await followers[1]?.done;
    (await answerer.nth(0)).finish();
    await drain(clock, 5);
    expect(clock.timers).toBe(0);
  });
});

it("no turn is missed, wherever it falls between a look and the wait that follows it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), async (scheduler, count) => {
      const { reader, ask, answerer, chat, clock } = await open();
      const controller = new AbortController();
      // Each look sees the store as it is, and takes as long to arrive as the scheduler likes.
      const findNextAnswer = scheduler.scheduleFunction(reader.chats.findNextAnswer);
      const findLiveEdge = scheduler.scheduleFunction(reader.chats.findLiveEdge);
      const chats = { ...reader.chats, findNextAnswer, findLiveEdge };
      const follower = follow(
        followChat(
          { ...reader, chats },
          accessOf(makeCaller()),
          chat.id,
          undefined,
          controller.signal,
        ),
      );
      const questions = Array.from({ length: count }, (_, index) => ({
        label: `question ${index}`,
        builder: async () => {
          await ask({ chatId: chat.id, content: `${index}` });
          const given = await answerer.nth(index);
          given.say(`Answer ${index}`);
        },
      }));
      scheduler.scheduleSequence(questions);
      let isAsked = 0;
      while (isAsked < count || scheduler.count() > 0) {
        if (scheduler.count() > 0) await scheduler.waitOne();
        for (const given of answerer.asked.slice(isAsked)) {
          await settle();
          given.finish();
          isAsked += 1;
        }
        await settle();
      }
      const texts = summarize(follower.events).map(({ text }) => text);
      expect(texts).toEqual(Array.from({ length: count }, (_, index) => `Answer ${index}`));
      controller.abort();
      while (scheduler.count() > 0) await scheduler.waitOne();
      await follower.done;
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 100 },
  );
});
