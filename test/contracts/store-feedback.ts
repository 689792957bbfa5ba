import { describe, expect, it } from "vitest";
import { makeFinish, saveNew, type OpenStore } from "./store-fixtures.ts";

export function feedbackContract(open: OpenStore): void {
  describe("feedback", () => {
    it("is kept with the answer, replaced, and taken back", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.finishTurn(tenant, answer.id, 1, makeFinish("Done"));
      const down = { rating: "down", comment: "Größe “fehlt” 👎" } as const;
      expect(await store.setFeedback(tenant, answer.id, down)).toMatchObject({
        id: answer.id,
        feedback: down,
      });
      expect(await store.findMessage(tenant, answer.id)).toMatchObject({
        content: "Done",
        feedback: down,
      });
      const up = { rating: "up", comment: null } as const;
      expect((await store.setFeedback(tenant, answer.id, up))?.feedback).toEqual(up);
      expect((await store.setFeedback(tenant, answer.id, null))?.feedback).toBeNull();
    });

    it("is refused for a question, for what isn't there and for another tenant's answer", async () => {
      const { store, tenant, otherTenant } = open();
      const { question, answer } = await saveNew(open());
      const up = { rating: "up", comment: null } as const;
      expect(await store.setFeedback(tenant, question.id, up)).toBeUndefined();
      expect(await store.setFeedback(tenant, "msg_nobody", up)).toBeUndefined();
      expect(await store.setFeedback(otherTenant, answer.id, up)).toBeUndefined();
      expect((await store.findMessage(tenant, answer.id))?.feedback).toBeNull();
    });
  });

  describe("many at once", () => {
    it("are found by their ids, each once, and those of other tenants are not", async () => {
      const { store, tenant, otherTenant } = open();
      const [one, two] = [await saveNew(open()), await saveNew(open())];
      const ids = [one.answer.id, two.question.id, one.answer.id, "msg_nobody"];
      const found = await store.findMessages(tenant, ids);
      expect(found.map(({ id }) => id).toSorted()).toEqual(
        [one.answer.id, two.question.id].toSorted(),
      );
      const chats = await store.findChats(tenant, [
        one.answer.chatId,
        "chat_nobody",
        two.answer.chatId,
      ]);
      expect(chats.map(({ id }) => id).toSorted()).toEqual(
        [one.answer.chatId, two.answer.chatId].toSorted(),
      );
      expect(await store.findMessages(otherTenant, ids)).toEqual([]);
      expect(await store.findChats(otherTenant, [one.answer.chatId])).toEqual([]);
      expect(await store.findMessages(tenant, [])).toEqual([]);
    });
  });
}
