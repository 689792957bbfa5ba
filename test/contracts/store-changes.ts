import { describe, expect, it } from "vitest";
import { droppedAtOnce, keptChanges } from "../../api/core/turns/chat-changes.ts";
import { makeFinish, makeTurn, saveNew, times, type OpenStore } from "./store-fixtures.ts";

const up = { rating: "up", comment: null } as const;

export function changeContract(open: OpenStore): void {
  describe("changes of a chat", () => {
    it("has each step of a turn, its feedback and a new title noted in order, as they stand now", async () => {
      const { store, tenant } = open();
      const { question, answer } = await saveNew(open());
      const { chatId } = question;
      expect(await store.lookForChanges(tenant, chatId, 0, 10)).toMatchObject({
        revision: 1,
        unfinished: { id: answer.id, state: "queued" },
        changes: [{ revision: 1, kind: "message", messageId: question.id }],
        messages: [
          { id: question.id, content: question.content },
          { id: answer.id, state: "queued" },
        ],
      });
      await store.finishTurn(tenant, answer.id, 1, makeFinish("Done"));
      await store.setFeedback(tenant, answer.id, up);
      await store.renameChat(tenant, chatId, "Renamed");
      const look = await store.lookForChanges(tenant, chatId, 1, 10);
      expect(look).toMatchObject({
        chat: { id: chatId, title: "Renamed" },
        revision: 4,
        changes: [
          { revision: 2, kind: "message", messageId: answer.id },
          { revision: 3, kind: "message", messageId: answer.id },
          { revision: 4, kind: "title", messageId: null },
        ],
        messages: [{ id: answer.id, state: "complete", content: "Done", feedback: up }],
      });
      expect(look?.unfinished).toBeUndefined();
    });

    it("are told in parts, and none behind the newest or without a place", async () => {
      const { store, tenant } = open();
      const { chatId } = (await saveNew(open())).question;
      for (const title of ["a", "b", "c"]) await store.renameChat(tenant, chatId, title);
      const numbers = async (after: number | undefined, limit = 10) =>
        (await store.lookForChanges(tenant, chatId, after, limit))?.changes?.map(
          ({ revision }) => revision,
        );
      expect(await numbers(1, 2)).toEqual([2, 3]);
      expect(await numbers(3, 2)).toEqual([4]);
      expect(await numbers(4)).toEqual([]);
      expect(await numbers(undefined)).toEqual([]);
      // Nobody was ever given such a place.
      expect(await numbers(5)).toBeUndefined();
    });

    it("are kept to the newest thousand, and a place before them is known as too old", async () => {
      const { store, tenant } = open();
      const { chatId } = (await saveNew(open())).question;
      const total = keptChanges + 2 * droppedAtOnce;
      for (const number of times(total - 1, (index) => index))
        await store.renameChat(tenant, chatId, `Title ${number}`);
      const look = (after: number) => store.lookForChanges(tenant, chatId, after, 1);
      expect(await look(1)).toMatchObject({ revision: total, messages: [] });
      expect((await look(1))?.changes).toBeUndefined();
      expect((await look(total - keptChanges))?.changes).toHaveLength(1);
    }, 60_000);

    it("are not there for a chat that was deleted, was never made, or is another tenant's", async () => {
      const { store, tenant, otherTenant } = open();
      const { chatId } = (await saveNew(open())).question;
      expect(await store.lookForChanges(otherTenant, chatId, 0, 10)).toBeUndefined();
      expect(await store.lookForChanges(tenant, "chat_nobody", 0, 10)).toBeUndefined();
      await store.deleteChat(tenant, chatId);
      expect(await store.lookForChanges(tenant, chatId, 0, 10)).toBeUndefined();
    });

    it("get numbers without a gap from writers at once, and none is lost", async () => {
      const { store, tenant } = open();
      const { question, answer } = await saveNew(open());
      const { chatId } = question;
      await Promise.all([
        ...times(4, (index) => store.renameChat(tenant, chatId, `Title ${index}`)),
        ...times(4, () => store.setFeedback(tenant, answer.id, up)),
        ...times(4, () => store.saveTurn(tenant, makeTurn(chatId))),
        store.finishTurn(tenant, answer.id, 1, makeFinish("Done")),
      ]);
      const look = await store.lookForChanges(tenant, chatId, 0, 100);
      expect(look?.changes?.map(({ revision }) => revision)).toEqual(
        times(14, (index) => index + 1),
      );
      const kinds = Object.groupBy(look?.changes ?? [], ({ kind }) => kind);
      expect(kinds.message).toHaveLength(10);
      expect(kinds.title).toHaveLength(4);
    });
  });
}
