import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { withLimits } from "../support/tenant.ts";
import {
  makeChat,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  nextDay,
  readMessages,
  saveNew,
  sortOut,
  times,
  type OpenStore,
} from "./store-fixtures.ts";
const makePair = (key = "1") => ({ scope: newId("client"), key });

export function replayContract(open: OpenStore): void {
  describe("saveTurn with the same idempotency pair", () => {
    it("stores one of many that arrive at once, and gives all of them the same", async () => {
      const { store, tenant } = open();
      const idempotency = makePair();
      const ownerId = newId("vis");
      const turns = times(20, () => makeFirstTurn({ idempotency }, makeChat({ ownerId })));
      const saved = await Promise.all(turns.map((turn) => store.saveTurn(tenant, turn)));
      expect(saved.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(saved.map(({ question }) => question.id)).size).toBe(1);
      expect(new Set(saved.map(({ answer }) => answer.id)).size).toBe(1);
      const chats = await Promise.all(turns.map((turn) => store.findChat(tenant, turn.chatId)));
      expect(chats.filter((chat) => chat !== undefined)).toHaveLength(1);
      expect((await store.listChats(tenant, ownerId, { limit: 100 })).items).toHaveLength(1);
      expect(await readMessages(open(), saved[0]?.question.chatId ?? "")).toHaveLength(2);
    });

    it("stores one of many in a chat that is there", async () => {
      const { store, tenant } = open();
      const chat = makeChat();
      await store.createChat(tenant, chat);
      const idempotency = makePair();
      const saved = await Promise.all(
        times(20, () => store.saveTurn(tenant, makeTurn(chat.id, { idempotency }))),
      );
      expect(saved.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await readMessages(open(), chat.id)).toHaveLength(2);
    });

    it("gives back the turn as it stands now", async () => {
      const { store, tenant } = open();
      const idempotency = makePair("🔑 key");
      const { question, answer } = await saveNew(open(), { idempotency });
      await store.finishTurn(tenant, answer.id, 1, makeFinish("The answer"));
      const again = await store.saveTurn(
        tenant,
        makeTurn(question.chatId, { idempotency, owner: "process-2" }),
      );
      expect(again).toEqual({
        question,
        answer: await store.findMessage(tenant, answer.id),
        replayed: true,
      });
      expect(again.answer.content).toBe("The answer");
    });

    it("is replayed although the chat is busy and the day's quota used up, and is not counted again", async () => {
      const { store, tenant } = open();
      const limited = withLimits(tenant, { messagesPerDay: 2 });
      const fields = { idempotency: makePair(), now: nextDay(), maxUnfinished: 1 };
      const { question } = await store.saveTurn(limited, makeFirstTurn(fields));
      for (let count = 0; count < 3; count += 1) {
        expect(await store.saveTurn(limited, makeTurn(question.chatId, fields))).toMatchObject({
          replayed: true,
        });
      }
      await store.saveTurn(limited, makeFirstTurn({ now: fields.now }));
      expect(await store.saveTurn(limited, makeTurn(question.chatId, fields))).toMatchObject({
        replayed: true,
      });
    });

    it("is refused for another content, and for another chat", async () => {
      const { store, tenant } = open();
      const idempotency = makePair();
      const { question } = await saveNew(open(), { idempotency });
      const chat = makeChat();
      await store.createChat(tenant, chat);
      const conflict = { code: "IDEMPOTENCY_CONFLICT" };
      const others = [
        makeTurn(question.chatId, { idempotency, content: `${question.content} ` }),
        makeFirstTurn({ idempotency, content: "Something else" }),
        makeTurn(chat.id, { idempotency }),
      ];
      for (const turn of others)
        await expect(store.saveTurn(tenant, turn)).rejects.toMatchObject(conflict);
      expect(await readMessages(open(), question.chatId)).toHaveLength(2);
      expect(await readMessages(open(), chat.id)).toEqual([]);
      expect(await saveNew(open(), { idempotency })).toMatchObject({
        replayed: true,
        question: { id: question.id },
      });
    });

    it("stores one of two contents that arrive at once", async () => {
      const { store, tenant } = open();
      const idempotency = makePair();
      const turns = times(10, (index) =>
        makeFirstTurn({ idempotency, content: `content ${index % 2}` }),
      );
      const { values, codes } = await sortOut(turns.map((turn) => store.saveTurn(tenant, turn)));
      expect(values).toHaveLength(5);
      expect(new Set(values.map(({ question }) => question.id)).size).toBe(1);
      expect(codes).toEqual(times(5, () => "IDEMPOTENCY_CONFLICT"));
    });

    it("is another message within another scope, under another key, and without a key", async () => {
      const idempotency = makePair("b:c");
      await saveNew(open(), { idempotency });
      const pairs = [
        makePair("b:c"),
        { ...idempotency, key: "c" },
        { scope: `${idempotency.scope}:b`, key: "c" },
        undefined,
        undefined,
      ];
      for (const pair of pairs)
        expect(await saveNew(open(), { idempotency: pair })).toMatchObject({ replayed: false });
    });

    it("is one that stands in an earlier scope, where its chat counts", async () => {
      const { store, tenant } = open();
      const { scope, key } = makePair();
      const mine = makeChat({ ownerId: "vis_1" });
      const first = await store.saveTurn(
        tenant,
        makeFirstTurn({ idempotency: { scope, key } }, mine),
      );
      const asked: unknown[] = [];
      const earlier = {
        scope,
        counts: ({ ownerId }: { ownerId: string | null }) => asked.push(ownerId) > 0,
      };
      const idempotency = { scope: newId("user"), key, earlier };
      for (const turn of [makeFirstTurn({ idempotency }), makeTurn(mine.id, { idempotency })]) {
        expect(await store.saveTurn(tenant, turn)).toMatchObject({
          replayed: true,
          question: { id: first.question.id },
          answer: { id: first.answer.id },
        });
      }
      const other = makeFirstTurn({ idempotency, content: "Something else" });
      await expect(store.saveTurn(tenant, other)).rejects.toMatchObject({
        code: "IDEMPOTENCY_CONFLICT",
      });
      expect(asked).toEqual(["vis_1", "vis_1", "vis_1"]);
    });

    it("is none that stands in an earlier scope, where its chat doesn't count", async () => {
      const { store, tenant } = open();
      const { scope, key } = makePair();
      const first = await saveNew(open(), { idempotency: { scope, key } });
      const idempotency = { scope: newId("user"), key, earlier: { scope, counts: () => false } };
      for (const content of ["Something else", first.question.content]) {
        const own = { ...idempotency, scope: newId("user") };
        const saved = await saveNew(open(), { idempotency: own, content });
        expect(saved).toMatchObject({ replayed: false, question: { content } });
        // Its own comes first, whatever counts by then.
        const again = { ...own, earlier: { scope, counts: () => true } };
        expect(await saveNew(open(), { idempotency: again, content })).toMatchObject({
          replayed: true,
          question: { id: saved.question.id },
        });
      }
      const left = await store.findMessage(tenant, first.question.id);
      expect(left).toEqual(first.question);
    });

    it("stores one of many that arrive at once, the first of them in the earlier scope", async () => {
      const { store, tenant } = open();
      const { scope, key } = makePair();
      const named = { scope: newId("user"), key, earlier: { scope, counts: () => true } };
      const saves = [
        store.saveTurn(tenant, makeFirstTurn({ idempotency: { scope, key } })),
        ...times(10, () => store.saveTurn(tenant, makeFirstTurn({ idempotency: named }))),
      ];
      const saved = await Promise.all(saves);
      // Who has a name finds what was sent without one, not the other way round.
      const isFirst = saved[0]?.replayed === false;
      expect(isFirst).toBe(true);
      const others = new Set(saved.slice(1).map(({ question }) => question.id));
      expect(others.size).toBe(1);
      const fresh = saved.slice(1).filter(({ replayed }) => !replayed);
      expect(fresh.length).toBeLessThanOrEqual(1);
      expect(others.has(saved[0]?.question.id ?? "")).toBe(fresh.length === 0);
    });

    it("can be used again after it was refused", async () => {
      const { store, tenant } = open();
      const fields = { idempotency: makePair(), now: nextDay() };
      const none = withLimits(tenant, { messagesPerDay: 0 });
      await expect(store.saveTurn(none, makeFirstTurn(fields))).rejects.toMatchObject({
        code: "QUOTA_EXCEEDED",
      });
      await expect(store.saveTurn(tenant, makeTurn(newId("chat"), fields))).rejects.toMatchObject({
        code: "CHAT_NOT_FOUND",
      });
      expect(await store.saveTurn(tenant, makeFirstTurn(fields))).toMatchObject({
        replayed: false,
      });
    });
  });
}
