import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { findUnfinished, makeFinish, makeTurn, saveNew, type OpenStore } from "./store-fixtures.ts";

export function stopContract(open: OpenStore): void {
  /** What was announced of a chat, when an announcement made after it has arrived. */
  async function hear(chatId: string) {
    const { store, tenant } = open();
    const last = await saveNew(open());
    await store.requestCancel(tenant, last.answer.id);
    const isHeard = () => open().stops.some((stop) => stop.messageId === last.answer.id);
    await expect.poll(isHeard).toBe(true);
    return open().stops.filter((stop) => stop.chatId === chatId);
  }

  describe("a cancel", () => {
    it("is announced with the turn's chat, each time it is asked for", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.requestCancel(tenant, answer.id);
      await store.requestCancel(tenant, answer.id);
      const stop = { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
      expect(await hear(answer.chatId)).toEqual([stop, stop]);
    });

    it("of a turn that has ended, of a question and of what isn't there is not announced", async () => {
      const { store, tenant, otherTenant } = open();
      const { question, answer } = await saveNew(open());
      const count = open().stops.length;
      for (const id of [question.id, newId("msg"), "' or 1=1 --"])
        await store.requestCancel(tenant, id);
      await store.requestCancel(otherTenant, answer.id);
      await store.finishTurn(tenant, answer.id, 1, makeFinish("Done"));
      await store.requestCancel(tenant, answer.id);
      expect(await hear(answer.chatId)).toEqual([]);
      expect(open().stops).toHaveLength(count + 1);
    });

    it("is remembered for who may have missed it, also after the turn was taken over", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      expect(await store.findStop(tenant, answer.id)).toBeUndefined();
      await store.requestCancel(tenant, answer.id);
      await store.requestCancel(tenant, answer.id);
      expect(await store.findStop(tenant, answer.id)).toBe("cancel");
      expect(await findUnfinished(open(), answer.id)).toMatchObject({ cancelRequested: true });
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe("started");
      await store.takeOver(tenant, answer.id, 1, "process-2");
      expect(await store.findStop(tenant, answer.id)).toBe("cancel");
      expect(await findUnfinished(open(), answer.id)).toMatchObject({ cancelRequested: true });
      await store.finishTurn(tenant, answer.id, 2, makeFinish("Done"));
      expect(await store.findStop(tenant, answer.id)).toBeUndefined();
    });
  });

  describe("the deletion of a chat", () => {
    it("is announced once, and its turns are gone", async () => {
      const { store, tenant, otherTenant } = open();
      const { answer } = await saveNew(open());
      const { chatId } = answer;
      const second = await store.saveTurn(tenant, makeTurn(chatId));
      expect(await store.deleteChat(otherTenant, chatId)).toBe(false);
      expect(await store.deleteChat(tenant, chatId)).toBe(true);
      expect(await store.deleteChat(tenant, chatId)).toBe(false);
      expect(await hear(chatId)).toEqual([{ tenantId: tenant.id, chatId }]);
      expect(await store.findStop(tenant, answer.id)).toBe("gone");
      expect(await store.findStop(tenant, second.answer.id)).toBe("gone");
    });
  });
}
