import { describe, expect, it } from "vitest";
import type { UnansweredReason } from "../../api/core/answering/unanswered.ts";
import {
  failed,
  makeFinish,
  readAll,
  saveNew,
  times,
  type OpenStore,
  type TurnHarness,
} from "./store-fixtures.ts";

/** Newest first, among those that these tests have made. */
async function listQuestions({ unanswered, tenant }: TurnHarness, isHandled = false) {
  const all = await readAll((page) => unanswered.listUnanswered(tenant, isHandled, page), 3);
  return all.map(({ question }) => question);
}

async function saveUnanswered(
  harness: TurnHarness,
  content: string,
  reason: UnansweredReason = "nothing_found",
) {
  const { store, tenant } = harness;
  const { question, answer } = await saveNew(harness, { content });
  const finish = { ...makeFinish("The documents don't say."), unanswered: reason };
  expect(await store.finishTurn(tenant, answer.id, 1, finish)).toBe(true);
  return { question, answer };
}

export function unansweredContract(open: OpenStore): void {
  describe("an unanswered question", () => {
    it("is kept with its turn's ending, once, whoever ends it how often", async () => {
      const { store, unanswered, tenant, otherTenant } = open();
      const { answer } = await saveNew(open(), { content: "Größe “?” 👎" });
      const finish = { ...makeFinish("No."), unanswered: "not_in_documents" as const };
      expect(await store.finishTurn(tenant, answer.id, 7, finish)).toBe(false);
      expect(await unanswered.findUnanswered(tenant, answer.id)).toBeUndefined();
      expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(true);
      expect(await store.finishTurn(tenant, answer.id, 1, finish)).toBe(false);
      const ends = await Promise.all(
        times(4, () => store.finishTurn(tenant, answer.id, 2, finish)),
      );
      expect(ends.filter(Boolean)).toHaveLength(1);
      const kept = await unanswered.findUnanswered(tenant, answer.id);
      expect(kept).toEqual({
        messageId: answer.id,
        chatId: answer.chatId,
        question: "Größe “?” 👎",
        reason: "not_in_documents",
        createdAt: expect.any(Date),
        handledAt: null,
      });
      expect((await listQuestions(open())).filter((text) => text === "Größe “?” 👎")).toHaveLength(
        1,
      );
      expect(await unanswered.findUnanswered(otherTenant, answer.id)).toBeUndefined();
      expect(await unanswered.markUnanswered(otherTenant, answer.id, new Date())).toBeUndefined();
      expect((await unanswered.listUnanswered(otherTenant, false, { limit: 10 })).items).toEqual(
        [],
      );
    });

    it("is none where its turn has said nothing of it, or failed", async () => {
      const { store, unanswered, tenant } = open();
      const [one, two] = [await saveNew(open()), await saveNew(open())];
      await store.finishTurn(tenant, one.answer.id, 1, makeFinish("Yes [1]."));
      await store.finishTurn(tenant, two.answer.id, 1, makeFinish("", failed));
      for (const { answer } of [one, two])
        expect(await unanswered.findUnanswered(tenant, answer.id)).toBeUndefined();
    });

    it("is listed newest first, page by page, until it is dealt with, and again when it is open", async () => {
      const harness = open();
      const { unanswered, tenant } = harness;
      const texts = times(5, (n) => `Listed ${n}?`);
      const ids: string[] = [];
      for (const text of texts) ids.push((await saveUnanswered(harness, text)).answer.id);
      const listed = async (isHandled: boolean) =>
        (await listQuestions(harness, isHandled)).filter((text) => text.startsWith("Listed"));
      expect(await listed(false)).toEqual(texts.toReversed());
      const at = new Date(Date.UTC(2030, 1, 2, 3, 4, 5));
      expect(await unanswered.markUnanswered(tenant, ids[2] ?? "", at)).toMatchObject({
        handledAt: at,
      });
      expect(await listed(false)).toEqual(["Listed 4?", "Listed 3?", "Listed 1?", "Listed 0?"]);
      expect(await listed(true)).toEqual(["Listed 2?"]);
      expect(await unanswered.markUnanswered(tenant, ids[2] ?? "", null)).toMatchObject({
        handledAt: null,
      });
      expect(await listed(false)).toEqual(texts.toReversed());
      expect(await unanswered.markUnanswered(tenant, "msg_nobody", at)).toBeUndefined();
    });

    it("goes with its chat", async () => {
      const harness = open();
      const { store, unanswered, tenant } = harness;
      const { answer } = await saveUnanswered(harness, "Gone?");
      await store.deleteChat(tenant, answer.chatId);
      expect(await unanswered.findUnanswered(tenant, answer.id)).toBeUndefined();
      expect(await listQuestions(harness)).not.toContain("Gone?");
    });
  });
}
