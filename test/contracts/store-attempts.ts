import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import {
  completed,
  failed,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  nextDay,
} from "./store-fixtures.ts";
import { saveNew, type OpenStore } from "./store-fixtures.ts";

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

export function attemptContract(open: OpenStore): void {
  const find = (id: string) => open().store.findMessage(open().tenant, id);

  describe("an attempt", () => {
    it("starts; asked twice it starts once, so that a lost reply does no harm", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe(true);
      expect(await find(answer.id)).toEqual({ ...answer, state: "streaming" });
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe(true);
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
        expect(await store.startAttempt(tenant, answer.id, 1)).toBe(false);
        expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(false);
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
        expect(await store.startAttempt(tenant, id, 1)).toBe(false);
        expect(await store.checkpoint(tenant, id, 1, "x")).toBe(false);
        expect(await store.finishTurn(tenant, id, 1, makeFinish("x"))).toBe(false);
        expect(await store.takeOver(tenant, id, 1, "process-2")).toBe(false);
        await store.requestCancel(tenant, id);
      }
      expect(await find(question.id)).toEqual(question);
    });
  });

  describe("an orphan", () => {
    const findOrphan = async (id: string, owner = "process-2") => {
      const orphans = await open().store.listOrphans(open().tenant, owner);
      return orphans.find((orphan) => orphan.answer.id === id);
    };

    it("is an unfinished turn of another process, with its question and its text so far", async () => {
      const { store, tenant } = open();
      const queued = await saveNew(open());
      const streaming = await saveNew(open());
      await store.startAttempt(tenant, streaming.answer.id, 1);
      await store.checkpoint(tenant, streaming.answer.id, 1, "So far");
      const ended = await saveNew(open());
      await store.finishTurn(tenant, ended.answer.id, 1, makeFinish("Done"));

      const { question, answer } = queued;
      expect(await findOrphan(answer.id)).toEqual({ question, answer, cancelRequested: false });
      expect(await findOrphan(answer.id, "process-1")).toBeUndefined();
      expect((await findOrphan(streaming.answer.id))?.answer).toMatchObject({
        content: "So far",
        state: "streaming",
      });
      expect(await findOrphan(ended.answer.id)).toBeUndefined();
    });

    it("comes after the older ones, and after those before it in its chat", async () => {
      const { store, tenant } = open();
      const [early, late] = [nextDay(), nextDay()];
      const second = await saveNew(open(), { now: late });
      const first = await saveNew(open(), { now: early });
      const third = await store.saveTurn(tenant, makeTurn(second.question.chatId, { now: late }));
      const expected = [first, second, third].map(({ answer }) => answer.id);
      const orphans = await store.listOrphans(tenant, "process-2");
      expect(orphans.map(({ answer }) => answer.id).filter((id) => expected.includes(id))).toEqual(
        expected,
      );
    });

    it("remembers that it was to be cancelled, also after it was taken over", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.requestCancel(tenant, answer.id);
      await store.requestCancel(tenant, answer.id);
      expect(await findOrphan(answer.id)).toMatchObject({ cancelRequested: true });
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe(true);
      await store.takeOver(tenant, answer.id, 1, "process-2");
      expect(await findOrphan(answer.id, "process-3")).toMatchObject({ cancelRequested: true });
    });

    it("is taken over by one of many", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const taken = await Promise.all(
        times(12, (index) => store.takeOver(tenant, answer.id, 1, `taker-${index}`)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await find(answer.id)).toMatchObject({ attempt: 2, ending: null });
      const winner = `taker-${taken.indexOf(true)}`;
      expect(await findOrphan(answer.id, winner)).toBeUndefined();
      expect(await findOrphan(answer.id, "process-1")).toBeDefined();
      for (const from of [0, 1, 3])
        expect(await store.takeOver(tenant, answer.id, from, "late")).toBe(false);
    });

    it("can't be written to by its old attempt once it was taken over", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.startAttempt(tenant, answer.id, 1);
      await store.checkpoint(tenant, answer.id, 1, "Old text");
      expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(true);
      expect(await find(answer.id)).toMatchObject({ content: "Old text" }); // until there is newer text
      expect(await store.startAttempt(tenant, answer.id, 2)).toBe(true);
      expect(await find(answer.id)).toMatchObject({ content: "Old text", state: "streaming" });
      expect(await store.checkpoint(tenant, answer.id, 2, "New text")).toBe(true);
      const before = await find(answer.id);
      for (const attempt of [1, 3, 0]) {
        expect(await store.startAttempt(tenant, answer.id, attempt)).toBe(false);
        expect(await store.checkpoint(tenant, answer.id, attempt, "Overwritten")).toBe(false);
        expect(await store.finishTurn(tenant, answer.id, attempt, makeFinish("Overwritten"))).toBe(
          false,
        );
      }
      expect(await find(answer.id)).toEqual(before);
      expect(await store.finishTurn(tenant, answer.id, 2, makeFinish("New text."))).toBe(true);
      expect(await find(answer.id)).toMatchObject({
        content: "New text.",
        attempt: 2,
        ending: completed,
      });
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
      const read = async (seq: number, limit: number) =>
        (await store.listHistory(tenant, chatId, seq, limit)).map(({ content }) => content);
      expect(await read(third.question.seq, 20)).toEqual(["1", "2", "3", "4"]);
      expect(await read(third.question.seq, 3)).toEqual(["2", "3", "4"]);
      expect(await read(second.question.seq, 20)).toEqual(["1", "2"]);
      expect(await read(first.question.seq, 20)).toEqual([]);
      expect(await store.listHistory(tenant, newId("chat"), 1000, 20)).toEqual([]);
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
