import { describe, expect, it } from "vitest";
import { invalidToken } from "../../../api/core/access/gate.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import { announceChanges } from "../../../api/core/turns/announce-changes.ts";
import { keptChanges } from "../../../api/core/turns/chat-changes.ts";
import { followChanges } from "../../../api/core/turns/follow-changes.ts";
import type { FollowPlace } from "../../../api/core/turns/follow-place.ts";
import { AppError } from "../../../api/core/errors.ts";
import { idlePollMs } from "../../../api/core/turns/read-turn.ts";
import { makeChat, makeTurn } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { drain, follow, makeCaller, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";

/** A chat of a visitor, and who follows it by its id. */
async function open(from?: FollowPlace) {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer, caller: makeCaller({ visitorId: "vis_1" }) });
  const { store } = process;
  const chat = makeChat({ ownerId: "vis_1" });
  await store.createChat(testTenant, chat);
  const chats = announceChanges(store, process.log);
  let caller: Caller | Error = makeCaller();
  const look = async () => {
    if (caller instanceof Error) throw caller;
    return caller;
  };
  const [leaving, draining] = [new AbortController(), new AbortController()];
  const start = (place?: FollowPlace) =>
    follow(
      followChanges(
        { ...process.reader, chats: store },
        { caller: makeCaller(), look },
        chat.id,
        place,
        leaving.signal,
        draining.signal,
      ),
    );
  const follower = start(from);
  await settle();
  return {
    ...process,
    answerer,
    chat,
    chats,
    follower,
    start,
    become: (next: Caller | Error) => (caller = next),
    leave: () => leaving.abort(),
    drainServer: () => draining.abort(),
    kinds: () => follower.events.map(({ event }) => event.type),
    ask: () => process.ask({ chatId: chat.id, content: "?" }),
  };
}

describe("who follows a chat", () => {
  it("is told at once of a title, of a question while an answer runs, and of its end as it is stored", async () => {
    const { chats, chat, ask, answerer, follower, kinds, leave, clock } = await open();
    await chats.renameChat(testTenant, chat.id, "Beans");
    await settle();
    expect(kinds()).toEqual(["subscribed", "chat"]);
    await ask();
    (await answerer.nth(0)).say("Begun, ");
    await settle();
    await ask();
    await settle();
    expect(kinds().filter((kind) => kind === "message")).toHaveLength(4);
    (await answerer.nth(0)).say("and ended");
    (await answerer.nth(0)).finish();
    await settle();
    await drain(clock, 3);
    const ended = follower.events.flatMap(({ event }) =>
      event.type === "message" && event.message.state === "complete" && event.message.replyTo
        ? event.message.content
        : [],
    );
    expect(ended).toEqual(["Begun, and ended"]);
    leave();
    await follower.done;
  });

  it("is told what a lost call was about, after a while", async () => {
    const { store, chat, kinds, clock, leave, follower } = await open();
    await store.renameChat(testTenant, chat.id, "Silently");
    await settle();
    expect(kinds()).toEqual(["subscribed"]);
    clock.advance(10 * idlePollMs);
    await settle();
    expect(kinds()).toEqual(["subscribed", "chat"]);
    leave();
    await follower.done;
    expect(clock.timers).toBe(0);
  });

  it("is told the end of a chat that is deleted, and nothing after it", async () => {
    const { chats, chat, follower, kinds } = await open();
    await chats.deleteChat(testTenant, chat.id);
    await follower.done;
    expect(kinds()).toEqual(["subscribed", "deleted"]);
  });

  it("is told nothing more once the chat is another's, or their token is no longer good", async () => {
    const claimed = await open();
    await claimed.store.moveChats(testTenant, "vis_1", "user_ann");
    await claimed.chats.renameChat(testTenant, claimed.chat.id, "Secret");
    await expect(claimed.follower.done).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(claimed.kinds()).toEqual(["subscribed"]);
    const revoked = await open();
    revoked.become(invalidToken());
    await revoked.chats.renameChat(testTenant, revoked.chat.id, "Secret");
    await expect(revoked.follower.done).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(revoked.kinds()).toEqual(["subscribed"]);
  });

  it("is told what came behind their place, and to read anew where that is no longer known", async () => {
    const { store, chat, start, leave } = await open();
    for (let n = 0; n < keptChanges + 2; n += 1)
      await store.renameChat(testTenant, chat.id, `Title ${n}`);
    const late = start({ revision: keptChanges });
    const tooLate = start({ revision: 1 });
    await settle();
    leave();
    await Promise.all([late.done, tooLate.done]);
    const types = ({ events }: typeof late) => events.map(({ event }) => event.type);
    expect(types(late)).toEqual(["subscribed", "chat"]);
    expect(types(tooLate)).toEqual(["subscribed", "reset"]);
    expect(tooLate.events.at(-1)?.place).toEqual({ revision: keptChanges + 2 });
  });

  it("waits for a store that is away, before a turn and before who they are is looked at", async () => {
    const { store, chat, chats, kinds, follower, become, clock, leave } = await open();
    const { findMessage } = store;
    const away = () => new AppError("SERVICE_UNAVAILABLE", "Away");
    let looks = 0;
    store.findMessage = async () => {
      looks += 1;
      throw away();
    };
    // Of a process that is not there: the turn is looked up in the store.
    const turn = makeTurn(chat.id);
    await store.saveTurn(testTenant, turn);
    clock.advance(10 * idlePollMs);
    await settle();
    expect(looks).toBeGreaterThan(0);
    store.findMessage = findMessage;
    become(away());
    await chats.renameChat(testTenant, chat.id, "Back");
    await drain(clock, 3);
    expect(kinds()).not.toContain("chat");
    become(makeCaller());
    await drain(clock, 12);
    expect(kinds()).toContain("chat");
    leave();
    await follower.done;
  });

  it("is let go when the server drains, at once or when the answer has ended", async () => {
    const idle = await open();
    idle.drainServer();
    await idle.follower.done;
    const busy = await open();
    await busy.ask();
    (await busy.answerer.nth(0)).say("To the end");
    await settle();
    busy.drainServer();
    await settle();
    (await busy.answerer.nth(0)).finish();
    await busy.follower.done;
    expect(busy.kinds().slice(-2)).toEqual(["turn", "message"]);
  });
});
