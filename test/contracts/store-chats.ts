import { describe, expect, it } from "vitest";
import type { Chat } from "../../api/core/chats.ts";
import { newId } from "../../api/core/ids.ts";
import { withLimits } from "../support/tenant.ts";
import {
  findUnfinished,
  hardTexts,
  makeChat,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  nextDay,
  readAll,
  readMessages,
  saveNew,
} from "./store-fixtures.ts";
import type { OpenStore } from "./store-fixtures.ts";

export function chatContract(open: OpenStore): void {
  describe("a chat", () => {
    it("is given back as it was made", async () => {
      const { store, tenant } = open();
      const chat = makeChat({
        title: "Größe",
        userId: "user 7",
        visitorId: "label",
        context: { page: "https://example.com", deep: [1, null, { "a.b": "ü\n" }], no: false },
        ownerId: newId("vis"),
      });
      await store.createChat(tenant, chat);
      expect(await store.findChat(tenant, chat.id)).toEqual(chat);
    });

    it("keeps every title and context to the byte", async () => {
      const { store, tenant } = open();
      for (const title of hardTexts) {
        const chat = makeChat({ title: title.slice(0, 200), context: { title } });
        await store.createChat(tenant, chat);
        expect(await store.findChat(tenant, chat.id)).toEqual(chat);
      }
    });

    it("isn't there under an id that nobody made", async () => {
      const { store, tenant } = open();
      for (const id of [newId("chat"), "", "chat_1", "' or 1=1 --", "💥", "x".repeat(5000)]) {
        expect(await store.findChat(tenant, id)).toBeUndefined();
        expect(await store.findMessage(tenant, id)).toBeUndefined();
        expect(await store.renameChat(tenant, id, "New")).toBeUndefined();
        expect(await store.deleteChat(tenant, id)).toBe(false);
      }
    });

    it("can be renamed, and nothing else of it changes but the time of the change", async () => {
      const { store, tenant } = open();
      const chat = makeChat({
        ownerId: newId("vis"),
        context: { a: 1 },
        createdAt: new Date(0),
        updatedAt: new Date(0),
      });
      await store.createChat(tenant, chat);
      const renamed = await store.renameChat(tenant, chat.id, "A new name 🪧");
      expect(renamed).toEqual({ ...chat, title: "A new name 🪧", updatedAt: expect.any(Date) });
      expect(renamed?.updatedAt.getTime()).toBeGreaterThan(0);
      expect(await store.findChat(tenant, chat.id)).toEqual(renamed);
    });

    it("is deleted once, with its messages and the turns under way", async () => {
      const { store, tenant } = open();
      const idempotency = { scope: newId("client"), key: "1" };
      const { question, answer } = await saveNew(open(), { idempotency });
      await store.startAttempt(tenant, answer.id, 1);
      expect(await store.deleteChat(tenant, question.chatId)).toBe(true);
      expect(await store.deleteChat(tenant, question.chatId)).toBe(false);

      expect(await store.findChat(tenant, question.chatId)).toBeUndefined();
      expect(await store.findMessage(tenant, question.id)).toBeUndefined();
      expect(await store.findMessage(tenant, answer.id)).toBeUndefined();
      expect(await readMessages(open(), question.chatId)).toEqual([]);
      expect(await store.findNextAnswer(tenant, question.chatId, 0)).toBeUndefined();
      expect(await store.findLiveEdge(tenant, question.chatId)).toBe(0);
      const behind = { chatId: question.chatId, parentId: answer.id };
      expect(await store.listHistory(tenant, behind, 100)).toEqual([]);
      expect((await store.listMessagesBehind(tenant, behind.chatId, null, 100)).items).toEqual([]);
      expect(await store.findVariants(tenant, [question.id, answer.id])).toEqual(new Map());
      expect(await store.chooseBranch(tenant, answer.id)).toBeUndefined();
      expect(await store.checkpoint(tenant, answer.id, 1, "late")).toBe(false);
      expect(await store.finishTurn(tenant, answer.id, 1, makeFinish("late"))).toBe(false);
      expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(false);
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe("lost");
      expect(await store.findTurn(tenant, answer.id)).toBeUndefined();
      expect(await findUnfinished(open(), answer.id)).toBeUndefined();
      await expect(store.saveTurn(tenant, makeTurn(question.chatId))).rejects.toMatchObject({
        code: "CHAT_NOT_FOUND",
      });
      expect(await saveNew(open(), { idempotency })).toMatchObject({ replayed: false });
    });

    it("leaves no message behind when a question arrives while it is deleted", async () => {
      const { store, tenant } = open();
      for (let round = 0; round < 10; round += 1) {
        const { question } = await saveNew(open());
        const turn = makeTurn(question.chatId);
        const saving = store.saveTurn(tenant, turn).catch((error: unknown) => error);
        const [, isDeleted] = await Promise.all([
          saving,
          store.deleteChat(tenant, question.chatId),
        ]);
        expect(isDeleted).toBe(true);
        expect(await readMessages(open(), question.chatId)).toEqual([]);
        expect(await store.findMessage(tenant, turn.questionId)).toBeUndefined();
      }
    });

    it("gives no message of the day back when it is deleted", async () => {
      const { store, tenant } = open();
      const limited = withLimits(tenant, { messagesPerDay: 1 });
      const now = nextDay();
      const turn = makeFirstTurn({ now });
      await store.saveTurn(limited, turn);
      await store.deleteChat(limited, turn.chatId);
      await expect(store.saveTurn(limited, makeFirstTurn({ now }))).rejects.toMatchObject({
        code: "QUOTA_EXCEEDED",
      });
    });
  });

  describe("the list of chats", () => {
    it("holds those of one owner, newest first, and none without an owner", async () => {
      const { store, tenant } = open();
      const [ownerId, otherOwner] = [newId("vis"), newId("vis")];
      const at = (minute: number) => new Date(Date.UTC(2030, 1, 1, 0, minute));
      const chats: Chat[] = [3, 1, 2].map((minute) => makeChat({ ownerId, createdAt: at(minute) }));
      for (const chat of chats) await store.createChat(tenant, chat);
      await store.createChat(tenant, makeChat({ ownerId: otherOwner }));
      await store.createChat(
        tenant,
        makeChat({ ownerId: null, userId: ownerId, visitorId: ownerId }),
      );
      const { items, next } = await store.listChats(tenant, ownerId, { limit: 100 });
      expect(items.map(({ createdAt }) => createdAt)).toEqual([at(3), at(2), at(1)]);
      expect(next).toBeNull();
      expect((await store.listChats(tenant, newId("vis"), { limit: 100 })).items).toEqual([]);
    });

    it("holds all of the tenant for its server, of every owner and of none, each once", async () => {
      const { store, tenant } = open();
      const owners = [newId("vis"), newId("user"), null];
      const made = owners.map((ownerId) => makeChat({ ownerId }));
      for (const chat of made) await store.createChat(tenant, chat);
      const all = await readAll((page) => store.listChats(tenant, "all", page), 7);
      expect(all).toEqual(expect.arrayContaining(made));
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      const moments = all.map(({ createdAt }) => createdAt.getTime());
      expect(moments).toEqual(moments.toSorted((a, b) => b - a));
    });
  });

  describe("the chats of a visitor who signs in", () => {
    it("become the user's, and nobody else's do", async () => {
      const { store, tenant } = open();
      const [visitorId, userId, strangerId] = [newId("vis"), newId("user"), newId("vis")];
      const ownedBy = async (ownerId: string | null) => {
        const chat = makeChat({ ownerId, visitorId });
        await store.createChat(tenant, chat);
        return chat;
      };
      const moved = [await ownedBy(visitorId), await ownedBy(visitorId)];
      const kept = [await ownedBy(userId), await ownedBy(strangerId), await ownedBy(null)];
      expect(await store.moveChats(tenant, visitorId, userId)).toBe(2);
      for (const chat of moved)
        expect(await store.findChat(tenant, chat.id)).toEqual({ ...chat, ownerId: userId });
      for (const chat of kept) expect(await store.findChat(tenant, chat.id)).toEqual(chat);
      const idsOf = async (ownerId: string) =>
        new Set((await store.listChats(tenant, ownerId, { limit: 100 })).items.map(({ id }) => id));
      expect(await idsOf(userId)).toEqual(new Set([...moved, kept[0]].map((chat) => chat?.id)));
      expect(await idsOf(visitorId)).toEqual(new Set());
      expect(await store.moveChats(tenant, visitorId, userId)).toBe(0);
    });

    it("are given to one of two users who claim them at once", async () => {
      const { store, tenant } = open();
      const visitorId = newId("vis");
      const users = [newId("user"), newId("user")];
      for (let count = 0; count < 10; count += 1)
        await store.createChat(tenant, makeChat({ ownerId: visitorId }));
      const claims = users.map((userId) => store.moveChats(tenant, visitorId, userId));
      const [first = 0, second = 0] = await Promise.all(claims);
      expect(first + second).toBe(10);
    });
  });
}
