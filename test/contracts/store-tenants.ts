import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { withLimits } from "../support/tenant.ts";
import {
  findUnfinished,
  makeChat,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  nextDay,
  readMessages,
  type OpenStore,
} from "./store-fixtures.ts";

export function tenantContract(open: OpenStore): void {
  describe("two tenants", () => {
    it("see and change nothing of each other, by any method", async () => {
      const { store, tenant, otherTenant } = open();
      const chat = makeChat({ ownerId: newId("vis") });
      const idempotency = { scope: newId("client"), key: "1" };
      const { question, answer } = await store.saveTurn(
        tenant,
        makeFirstTurn({ idempotency }, chat),
      );
      await store.startAttempt(tenant, answer.id, 1);
      await store.checkpoint(tenant, answer.id, 1, "So far");
      const look = async () => ({
        chat: await store.findChat(tenant, chat.id),
        messages: await readMessages(open(), chat.id),
        unfinished: await findUnfinished(open(), answer.id),
      });
      const before = await look();
      expect(before.unfinished).toMatchObject({ owner: "process-1" });

      expect(await store.findChat(otherTenant, chat.id)).toBeUndefined();
      expect(await store.renameChat(otherTenant, chat.id, "Mine")).toBeUndefined();
      expect(await store.deleteChat(otherTenant, chat.id)).toBe(false);
      expect(
        (await store.listChats(otherTenant, chat.ownerId ?? "", { limit: 100 })).items,
      ).toEqual([]);
      const all = await store.listChats(otherTenant, "all", { limit: 100 });
      expect(all.items.filter(({ id }) => id === chat.id)).toEqual([]);
      expect(await store.moveChats(otherTenant, chat.ownerId ?? "", newId("user"))).toBe(0);
      expect((await store.listMessages(otherTenant, chat.id, { limit: 100 })).items).toEqual([]);
      expect(await store.findMessage(otherTenant, question.id)).toBeUndefined();
      expect(await store.findMessage(otherTenant, answer.id)).toBeUndefined();
      expect(await store.findNextAnswer(otherTenant, chat.id, 0)).toBeUndefined();
      expect(await store.findLiveEdge(otherTenant, chat.id)).toBe(0);
      const behind = { chatId: chat.id, parentId: answer.id };
      expect(await store.listHistory(otherTenant, behind, 100)).toEqual([]);
      const firstPage = await store.listMessagesBehind(otherTenant, chat.id, null, 100);
      expect(firstPage.items).toEqual([]);
      expect(await store.findVariants(otherTenant, [question.id, answer.id])).toEqual(new Map());
      expect(await store.chooseBranch(otherTenant, answer.id)).toBeUndefined();
      const turn = makeTurn(chat.id);
      await expect(store.saveTurn(otherTenant, turn)).rejects.toMatchObject({
        code: "CHAT_NOT_FOUND",
      });
      expect(await store.findTurn(otherTenant, answer.id)).toBeUndefined();
      expect(await store.startAttempt(otherTenant, answer.id, 1)).toBe("lost");
      expect(await store.checkpoint(otherTenant, answer.id, 1, "Theirs")).toBe(false);
      expect(await store.finishTurn(otherTenant, answer.id, 1, makeFinish("Theirs"))).toBe(false);
      await store.requestCancel(otherTenant, answer.id);
      expect(await store.takeOver(otherTenant, answer.id, 1, "process-2")).toBe(false);
      await store.handOver(otherTenant, answer.id, 1);
      expect(await store.findStop(otherTenant, answer.id)).toBe("gone");
      const unfinished = await store.listUnfinished(otherTenant);
      expect(unfinished.filter((turn) => turn.answer.id === answer.id)).toEqual([]);
      expect(await look()).toEqual(before);
    });

    it("may use the same ids and the same idempotency pairs", async () => {
      const { store, tenant, otherTenant } = open();
      const idempotency = { scope: newId("client"), key: "1" };
      const turn = makeFirstTurn({ idempotency }, makeChat({ title: "Ours" }));
      const theirs = {
        ...turn,
        newChat: makeChat({ id: turn.chatId, title: "Theirs" }),
        content: "Another question",
      };
      await store.saveTurn(tenant, turn);
      expect(await store.saveTurn(otherTenant, theirs)).toMatchObject({ replayed: false });
      await store.finishTurn(otherTenant, turn.answerId, 1, makeFinish("Their answer"));
      expect(await store.findChat(tenant, turn.chatId)).toMatchObject({ title: "Ours" });
      expect(await store.findMessage(tenant, turn.questionId)).toMatchObject({
        content: turn.content,
      });
      expect(await store.findMessage(tenant, turn.answerId)).toMatchObject({
        content: "",
        ending: null,
      });
      expect(await store.findMessage(otherTenant, turn.questionId)).toMatchObject({
        content: "Another question",
      });
      expect(await store.deleteChat(otherTenant, turn.chatId)).toBe(true);
      expect(await readMessages(open(), turn.chatId)).toHaveLength(2);
    });

    it("have a quota each", async () => {
      const { store, tenant, otherTenant } = open();
      const now = nextDay();
      const [ours, theirs] = [
        withLimits(tenant, { messagesPerDay: 1 }),
        withLimits(otherTenant, { messagesPerDay: 1 }),
      ];
      await store.saveTurn(ours, makeFirstTurn({ now }));
      await expect(store.saveTurn(ours, makeFirstTurn({ now }))).rejects.toMatchObject({
        code: "QUOTA_EXCEEDED",
      });
      expect(await store.saveTurn(theirs, makeFirstTurn({ now }))).toMatchObject({
        replayed: false,
      });
    });
  });
}
