import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { withLimits } from "../support/tenant.ts";
import {
  hardTexts,
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

export function saveContract(open: OpenStore): void {
  describe("saveTurn", () => {
    it("stores question and answer as they were given, and gives back what it stored", async () => {
      const { store, tenant } = open();
      const chat = makeChat({ title: "How do I", ownerId: newId("vis") });
      const turn = makeFirstTurn(
        { messageType: "note", idempotency: { scope: newId("client"), key: "k-1" } },
        chat,
      );
      const { question, answer, replayed } = await store.saveTurn(tenant, turn);
      expect(replayed).toBe(false);
      expect(question).toMatchObject({
        id: turn.questionId,
        chatId: chat.id,
        role: "user",
        content: turn.content,
        messageType: "note",
        state: "complete",
        createdAt: turn.now,
        clientMessageId: "k-1",
        replyTo: null,
        ending: null,
      });
      expect(answer).toMatchObject({
        id: turn.answerId,
        chatId: chat.id,
        role: "assistant",
        content: "",
        state: "queued",
        clientMessageId: null,
        replyTo: question.id,
        attempt: 1,
        ending: null,
      });
      expect(await readMessages(open(), chat.id)).toEqual([question, answer]);
      expect(await store.findMessage(tenant, question.id)).toEqual(question);
      expect(await store.findMessage(tenant, answer.id)).toEqual(answer);
      expect(await store.findChat(tenant, chat.id)).toMatchObject({
        title: chat.title,
        ownerId: chat.ownerId,
      });
    });

    it("keeps every text to the byte", async () => {
      const { store, tenant } = open();
      for (const content of [...hardTexts, "😀".repeat(8000), "x".repeat(16_000)]) {
        const { question, answer } = await saveNew(open(), { content });
        expect(
          (await store.findMessage(tenant, question.id))?.content === content,
          content.slice(0, 20),
        ).toBe(true);
        await store.checkpoint(tenant, answer.id, 1, content);
        expect(
          (await store.findMessage(tenant, answer.id))?.content === content,
          content.slice(0, 20),
        ).toBe(true);
        await store.finishTurn(tenant, answer.id, 1, makeFinish(`${content}.`));
        expect((await store.findMessage(tenant, answer.id))?.content === `${content}.`).toBe(true);
      }
    });

    it("refuses a chat that isn't there", async () => {
      const { store, tenant } = open();
      const turn = makeTurn(newId("chat"));
      await expect(store.saveTurn(tenant, turn)).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
      expect(await store.findMessage(tenant, turn.questionId)).toBeUndefined();
    });

    it("gives parallel questions of a chat one order, each with its answer behind it", async () => {
      const { store, tenant } = open();
      const first = await saveNew(open());
      const { chatId } = first.question;
      const saved = await Promise.all(
        times(15, (index) => store.saveTurn(tenant, makeTurn(chatId, { content: `${index}` }))),
      );
      const messages = await readMessages(open(), chatId);
      expect(messages).toHaveLength(32);
      const seqs = messages.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(new Set(seqs).size).toBe(32);
      expect(seqs[0]).toBeGreaterThan(0);
      for (const { question, answer } of [first, ...saved]) {
        const at = messages.findIndex(({ id }) => id === question.id);
        expect(messages[at + 1]?.id).toBe(answer.id);
        expect(messages[at]?.seq).toBe(question.seq);
      }
    });

    it("is refused in a chat with too many unfinished answers, exactly, and stores nothing then", async () => {
      const { store, tenant } = open();
      const chat = makeChat();
      await store.createChat(tenant, chat);
      const now = nextDay();
      const limited = withLimits(tenant, { messagesPerDay: 6 });
      const turns = times(20, () => makeTurn(chat.id, { maxUnfinished: 4, now }));
      const { values, codes } = await sortOut(turns.map((turn) => store.saveTurn(limited, turn)));
      expect(values).toHaveLength(4);
      expect(codes).toEqual(times(16, () => "CHAT_BUSY"));
      expect(await readMessages(open(), chat.id)).toHaveLength(8);

      const [first] = values;
      if (!first) throw new Error("Nothing was saved");
      await store.finishTurn(tenant, first.answer.id, 1, makeFinish("Done"));
      const again = await sortOut(
        times(5, () => store.saveTurn(limited, makeTurn(chat.id, { maxUnfinished: 4, now }))),
      );
      expect(again.values).toHaveLength(1);
      // The refused ones were not counted: one of the day's six messages is left.
      expect(await store.saveTurn(limited, makeFirstTurn({ now }))).toMatchObject({
        replayed: false,
      });
    });

    it("is held to the day's quota, exactly, and stores nothing beyond it", async () => {
      const { store, tenant } = open();
      const noon = nextDay();
      const limited = withLimits(tenant, { messagesPerDay: 7 });
      const chats = times(5, () => makeChat());
      for (const chat of chats) await store.createChat(tenant, chat);
      const turns = times(50, (index) => makeTurn(chats[index % 5]?.id ?? "", { now: noon }));
      const { values, codes } = await sortOut(turns.map((turn) => store.saveTurn(limited, turn)));
      expect(values).toHaveLength(7);
      expect(codes).toEqual(times(43, () => "QUOTA_EXCEEDED"));
      const stored = await Promise.all(chats.map((chat) => readMessages(open(), chat.id)));
      expect(stored.flat()).toHaveLength(14);
    });

    it("makes no chat for a question beyond the quota", async () => {
      const { store, tenant } = open();
      const turn = makeFirstTurn({ now: nextDay() });
      const none = withLimits(tenant, { messagesPerDay: 0 });
      await expect(store.saveTurn(none, turn)).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
      expect(await store.findChat(tenant, turn.chatId)).toBeUndefined();
      expect(await store.findMessage(tenant, turn.questionId)).toBeUndefined();
    });

    it("counts the quota by UTC days, and says how many seconds are left of this one", async () => {
      const { store, tenant } = open();
      const [, day] = [nextDay(), nextDay(), nextDay()]; // and the days around it
      const at = (hours: number, minutes: number, seconds: number, ms: number) =>
        new Date(new Date(day).setUTCHours(hours, minutes, seconds, ms));
      const limited = withLimits(tenant, { messagesPerDay: 1 });
      const save = (now: Date) => store.saveTurn(limited, makeFirstTurn({ now }));
      await save(at(0, 0, 0, 0));
      await expect(save(at(23, 59, 59, 999))).rejects.toMatchObject({
        code: "QUOTA_EXCEEDED",
        retryAfter: 1,
      });
      await expect(save(at(23, 59, 50, 0))).rejects.toMatchObject({ retryAfter: 10 });
      await expect(save(at(0, 0, 0, 1))).rejects.toMatchObject({ retryAfter: 86_400 });
      await expect(save(at(-1, 59, 59, 999))).resolves.toMatchObject({ replayed: false });
      await expect(save(at(24, 0, 0, 0))).resolves.toMatchObject({ replayed: false });
    });
  });
}
