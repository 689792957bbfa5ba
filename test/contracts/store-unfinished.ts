import { describe, expect, it } from "vitest";
import {
  completed,
  findUnfinished,
  makeFinish,
  makeTurn,
  nextDay,
  saveNew,
  times,
  type OpenStore,
} from "./store-fixtures.ts";

export function unfinishedContract(open: OpenStore): void {
  const find = (id: string) => open().store.findMessage(open().tenant, id);
  const look = (id: string) => findUnfinished(open(), id);

  describe("an unfinished turn", () => {
    it("is listed with its question, its text so far and its process", async () => {
      const { store, tenant } = open();
      const queued = await saveNew(open());
      const streaming = await saveNew(open(), { owner: "process-2" });
      await store.startAttempt(tenant, streaming.answer.id, 1);
      await store.checkpoint(tenant, streaming.answer.id, 1, "So far");
      const ended = await saveNew(open());
      await store.finishTurn(tenant, ended.answer.id, 1, makeFinish("Done"));

      const { question, answer } = queued;
      const turn = { question, answer, cancelRequested: false, owner: "process-1", crashes: 0 };
      expect(await look(answer.id)).toEqual(turn);
      expect(await look(streaming.answer.id)).toMatchObject({
        answer: { content: "So far", state: "streaming" },
        owner: "process-2",
      });
      expect(await look(ended.answer.id)).toBeUndefined();
    });

    it("comes after the older ones, and after those before it in its chat", async () => {
      const { store, tenant } = open();
      const [early, late] = [nextDay(), nextDay()];
      const second = await saveNew(open(), { now: late });
      const first = await saveNew(open(), { now: early });
      const third = await store.saveTurn(tenant, makeTurn(second.question.chatId, { now: late }));
      const expected = [first, second, third].map(({ answer }) => answer.id);
      const ids = (await store.listUnfinished(tenant)).map(({ answer }) => answer.id);
      expect(ids.filter((id) => expected.includes(id))).toEqual(expected);
    });
  });

  describe("a takeover", () => {
    it("succeeds for one of many", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const taken = await Promise.all(
        times(12, (index) => store.takeOver(tenant, answer.id, 1, `taker-${index}`)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await find(answer.id)).toMatchObject({ attempt: 2, state: "queued", ending: null });
      const owner = `taker-${taken.indexOf(true)}`;
      expect(await look(answer.id)).toMatchObject({ owner, crashes: 1 });
      for (const from of [0, 1, 3])
        expect(await store.takeOver(tenant, answer.id, from, "process-3")).toBe(false);
    });

    it("is the winner's when it asks again, however often and however late, and nobody else's", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const take = (owner: string) => store.takeOver(tenant, answer.id, 1, owner);
      expect(await Promise.all(times(5, () => take("process-2")))).toEqual(times(5, () => true));
      expect(await look(answer.id)).toMatchObject({ owner: "process-2", crashes: 1 });
      await store.startAttempt(tenant, answer.id, 2);
      await store.checkpoint(tenant, answer.id, 2, "Begun");
      expect(await take("process-2")).toBe(true);
      expect(await find(answer.id)).toMatchObject({
        attempt: 2,
        state: "streaming",
        content: "Begun",
      });
      expect(await take("process-3")).toBe(false);
      expect(await take("process-1")).toBe(false);
      await store.finishTurn(tenant, answer.id, 2, makeFinish("Done"));
      expect(await take("process-2")).toBe(false);
    });

    it("counts the processes that died, not those that handed the turn over", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const state = async () => {
        const { owner, crashes } = (await look(answer.id)) ?? {};
        return { owner, crashes };
      };
      await store.takeOver(tenant, answer.id, 1, "process-2");
      expect(await state()).toEqual({ owner: "process-2", crashes: 1 });
      await store.handOver(tenant, answer.id, 1); // which it isn't any more
      expect(await state()).toEqual({ owner: "process-2", crashes: 1 });
      await store.handOver(tenant, answer.id, 2);
      await store.handOver(tenant, answer.id, 2);
      expect(await state()).toEqual({ owner: null, crashes: 1 });
      await store.takeOver(tenant, answer.id, 2, "process-3");
      expect(await state()).toEqual({ owner: "process-3", crashes: 1 });
      await store.takeOver(tenant, answer.id, 3, "process-1");
      expect(await state()).toEqual({ owner: "process-1", crashes: 2 });
    });

    it("keeps the text of a turn that was handed over, until there is newer text", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.startAttempt(tenant, answer.id, 1);
      await store.checkpoint(tenant, answer.id, 1, "So far");
      await store.handOver(tenant, answer.id, 1);
      expect(await look(answer.id)).toMatchObject({ answer: { content: "So far", attempt: 1 } });
      await store.takeOver(tenant, answer.id, 1, "process-2");
      expect(await look(answer.id)).toMatchObject({ answer: { content: "So far", attempt: 2 } });
    });

    it("shuts the old attempt out", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      await store.startAttempt(tenant, answer.id, 1);
      await store.checkpoint(tenant, answer.id, 1, "Old text");
      expect(await store.takeOver(tenant, answer.id, 1, "process-2")).toBe(true);
      expect(await store.startAttempt(tenant, answer.id, 2)).toBe("started");
      expect(await find(answer.id)).toMatchObject({ content: "Old text", state: "streaming" });
      expect(await store.checkpoint(tenant, answer.id, 2, "New text")).toBe(true);
      const before = await look(answer.id);
      for (const attempt of [1, 3, 0]) {
        expect(await store.startAttempt(tenant, answer.id, attempt)).toBe("lost");
        expect(await store.checkpoint(tenant, answer.id, attempt, "Overwritten")).toBe(false);
        expect(await store.finishTurn(tenant, answer.id, attempt, makeFinish("Overwritten"))).toBe(
          false,
        );
        await store.handOver(tenant, answer.id, attempt);
      }
      expect(await look(answer.id)).toEqual(before);
      expect(await store.finishTurn(tenant, answer.id, 2, makeFinish("New text."))).toBe(true);
      expect(await find(answer.id)).toMatchObject({
        content: "New text.",
        attempt: 2,
        ending: completed,
      });
    });
  });
}
