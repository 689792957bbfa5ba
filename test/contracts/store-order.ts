import { describe, expect, it } from "vitest";
import { makeFinish, makeTurn, saveNew, times, type OpenStore } from "./store-fixtures.ts";

export function orderContract(open: OpenStore): void {
  describe("the turns of one chat", () => {
    /** The ids of three answers of one chat, each of another process. */
    async function saveThree(): Promise<[string, string, string]> {
      const { store, tenant } = open();
      const first = await saveNew(open(), { owner: "process-1" });
      const { chatId } = first.question;
      const second = await store.saveTurn(tenant, makeTurn(chatId, { owner: "process-2" }));
      const third = await store.saveTurn(tenant, makeTurn(chatId, { owner: "process-3" }));
      return [first.answer.id, second.answer.id, third.answer.id];
    }

    it("start in their order, each when all before it have ended", async () => {
      const { store, tenant } = open();
      const [first, second, third] = await saveThree();
      const start = (id: string) => store.startAttempt(tenant, id, 1);
      expect(await start(third)).toEqual({ behind: second });
      expect(await start(second)).toEqual({ behind: first });
      expect(await store.findMessage(tenant, third)).toMatchObject({ state: "queued" });
      expect(await start(first)).toBe("started");
      expect(await start(second)).toEqual({ behind: first });

      await store.finishTurn(tenant, first, 1, makeFinish("1"));
      expect(await start(third)).toEqual({ behind: second });
      expect(await start(second)).toBe("started");
      expect(await start(second)).toBe("started");
      expect(await start(third)).toEqual({ behind: second });
      await store.finishTurn(tenant, second, 1, makeFinish("2"));
      expect(await start(third)).toBe("started");
      expect(await start(second)).toBe("lost");
    });

    it("wait for the newest that is before them, also where an older one ends later", async () => {
      const { store, tenant } = open();
      const [first, second, third] = await saveThree();
      await store.finishTurn(tenant, second, 1, makeFinish("ended without having started"));
      expect(await store.startAttempt(tenant, third, 1)).toEqual({ behind: first });
      await store.finishTurn(tenant, first, 1, makeFinish("1"));
      expect(await store.startAttempt(tenant, third, 1)).toBe("started");
    });

    it("wait for one that another process has taken over, and are lost to their old attempt", async () => {
      const { store, tenant } = open();
      const [first, second] = await saveThree();
      await store.startAttempt(tenant, first, 1);
      await store.takeOver(tenant, first, 1, "process-2");
      expect(await store.startAttempt(tenant, second, 1)).toEqual({ behind: first });
      await store.takeOver(tenant, second, 1, "process-3");
      expect(await store.startAttempt(tenant, second, 1)).toBe("lost");
      expect(await store.startAttempt(tenant, second, 2)).toEqual({ behind: first });
    });

    it("wait for no turn of another chat", async () => {
      const { store, tenant } = open();
      await saveThree();
      const { answer } = await saveNew(open());
      expect(await store.startAttempt(tenant, answer.id, 1)).toBe("started");
    });

    it("never run two at a time, however they start and end at once", async () => {
      const { store, tenant } = open();
      const first = await saveNew(open());
      const { chatId } = first.question;
      const rest = await Promise.all(times(5, () => store.saveTurn(tenant, makeTurn(chatId))));
      const running = new Set<string>();
      const order: number[] = [];
      const run = async ({ id, seq }: { id: string; seq: number }) => {
        let start = await store.startAttempt(tenant, id, 1);
        while (start !== "started") {
          expect(start).not.toBe("lost");
          start = await store.startAttempt(tenant, id, 1);
        }
        running.add(id);
        expect(running.size).toBe(1);
        order.push(seq);
        await store.checkpoint(tenant, id, 1, "So far");
        running.delete(id);
        await store.finishTurn(tenant, id, 1, makeFinish("Done"));
      };
      await Promise.all([...rest, first].map(({ answer }) => run(answer)));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect(order).toHaveLength(6);
    });
  });
}
