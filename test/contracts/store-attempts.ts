import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { SavedTurn } from "../../api/core/turns/turn-store.ts";
import {
  completed,
  failed,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  saveNew,
  times,
  type OpenStore,
} from "./store-fixtures.ts";

export function attemptContract(open: OpenStore): void {
  const find = (id: string) => open().store.findMessage(open().tenant, id);

  describe("an attempt", () => {
    it("starts; asked twice it starts once, so that a lost reply does no harm", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe("started");
      expect(await find(answer.id)).toEqual({ ...answer, state: "streaming" });
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe("started");
      expect(await find(answer.id)).toEqual({ ...answer, state: "streaming" });
    });

    it("keeps its text at each checkpoint", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.startAttempt(tenant, answer.id, 1);
      for (const text of ["One", "One two", "One two three"]) {
        expect(await store.checkpoint(tenant, answer.id, 1, text)).toBe(true);
        expect(await find(answer.id)).toEqual({ ...answer, state: "streaming", content: text });
      }
    });

    it("ends once, with its ending as it was given", async () => {
      const { store, tenant } = open();
      const cancelled = {
        ...completed,
        finishReason: "cancelled",
        sources: [],
        model: "",
        degraded: [],
      } as const;
      for (const ending of [completed, failed, cancelled]) {
        const { answer } = await saveNew(open());
        await store.startAttempt(tenant, answer.id, 1);
        expect(await store.finishTurn(tenant, answer.id, 1, makeFinish("The text", ending))).toBe(
          true,
        );
        const ended = { ...answer, content: "The text", state: ending.type, ending };
        expect(await find(answer.id)).toEqual(ended);

        expect(await store.finishTurn(tenant, answer.id, 1, makeFinish("Another", failed))).toBe(
          false,
        );
        expect(await store.checkpoint(tenant, answer.id, 1, "Later")).toBe(false);
        expect(await store.startAttempt(tenant, answer.id, 1)).toBe("lost");
        expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(false);
        await store.handOver(tenant, answer.id, 1);
        await store.requestCancel(tenant, answer.id);
        expect(await find(answer.id)).toEqual(ended);
      }
    });

    it("can end without having started, and with no text", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      expect(await store.finishTurn(tenant, answer.id, 1, makeFinish("", failed))).toBe(true);
      expect(await find(answer.id)).toMatchObject({ content: "", ending: failed, state: "error" });
    });

    it("ends once, however many endings and checkpoints arrive at once", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const finishing = times(10, (index) =>
        store.finishTurn(tenant, answer.id, 1, makeFinish(`ending ${index}`)),
      );
      const keeping = times(10, (index) =>
        store.checkpoint(tenant, answer.id, 1, `checkpoint ${index}`),
      );
      const results = await Promise.all(finishing);
      await Promise.all(keeping);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await find(answer.id))?.content).toBe(`ending ${results.indexOf(true)}`);
    });

    it("is there for answers only", async () => {
      const { store, tenant } = open();
      const { question } = await saveNew(open());
      for (const id of [question.id, newId("msg"), "", "' or 1=1 --"]) {
        expect(await store.startAttempt(tenant, id, 1)).toBe("lost");
        expect(await store.checkpoint(tenant, id, 1, "x")).toBe(false);
        expect(await store.finishTurn(tenant, id, 1, makeFinish("x"))).toBe(false);
        expect(await store.takeOver(tenant, id, 1, "process-2")).toBe(false);
        await store.handOver(tenant, id, 1);
        await store.requestCancel(tenant, id);
      }
      expect(await find(question.id)).toEqual(question);
    });
  });

  describe("the history", () => {
    it("is what stands before a message, the newest of it, oldest first", async () => {
      const { store, tenant } = open();
      const first = await store.saveTurn(tenant, makeFirstTurn({ content: "1" }));
      const { chatId } = first.question;
      await store.finishTurn(tenant, first.answer.id, 1, makeFinish("2"));
      const second = await store.saveTurn(tenant, makeTurn(chatId, { content: "3" }));
      await store.finishTurn(tenant, second.answer.id, 1, makeFinish("4"));
      const third = await store.saveTurn(tenant, makeTurn(chatId, { content: "5" }));
      const read = async ({ question }: SavedTurn, limit: number) =>
        (await store.listHistory(tenant, question, limit)).map(({ content }) => content);
      expect(await read(third, 20)).toEqual(["1", "2", "3", "4"]);
      expect(await read(third, 3)).toEqual(["2", "3", "4"]);
      expect(await read(second, 20)).toEqual(["1", "2"]);
      expect(await read(first, 20)).toEqual([]);
      const nowhere = { chatId, parentId: newId("msg") };
      expect(await store.listHistory(tenant, nowhere, 20)).toEqual([]);
    });
  });

  describe("the live edge", () => {
    it("stands before the first unfinished answer, else behind everything", async () => {
      const { store, tenant } = open();
      const first = await saveNew(open());
      const { chatId } = first.question;
      const second = await store.saveTurn(tenant, makeTurn(chatId));
      const next = async () => {
        const edge = await store.findLiveEdge(tenant, chatId);
        return (await store.findNextAnswer(tenant, chatId, edge))?.id;
      };
      expect(await next()).toBe(first.answer.id);
      await store.finishTurn(tenant, first.answer.id, 1, makeFinish("1"));
      expect(await next()).toBe(second.answer.id);
      await store.finishTurn(tenant, second.answer.id, 1, makeFinish("2"));
      expect(await next()).toBeUndefined();
      const edge = await store.findLiveEdge(tenant, chatId);
      const third = await store.saveTurn(tenant, makeTurn(chatId));
      expect((await store.findNextAnswer(tenant, chatId, edge))?.id).toBe(third.answer.id);
      expect((await store.findNextAnswer(tenant, chatId, 0))?.id).toBe(first.answer.id);
      expect((await store.findNextAnswer(tenant, chatId, first.answer.seq))?.id).toBe(
        second.answer.id,
      );
    });

    it("is 0 where there are no messages", async () => {
      const { store, tenant } = open();
      expect(await store.findLiveEdge(tenant, newId("chat"))).toBe(0);
      expect(await store.findNextAnswer(tenant, newId("chat"), 0)).toBeUndefined();
    });
  });
}
