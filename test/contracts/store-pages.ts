import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { makeChat, makeTurn, readAll, saveNew, type OpenStore } from "./store-fixtures.ts";

const notCursors = [
  "not a cursor",
  "💥",
  "' or 1=1 --",
  "a".repeat(5000),
  " ",
  "null",
  "e30",
  "W10",
  "WzEsMiwzLDRd",
];

export function pageContract(open: OpenStore): void {
  describe("a list in pages", () => {
    it("is complete and without doubles, whatever the size of the page", async () => {
      const { store, tenant } = open();
      const ownerId = newId("vis");
      // Three moments for eleven chats: a page's edge falls between chats of one moment too.
      const times = Array.from(
        { length: 11 },
        (_, index) => new Date(Date.UTC(2030, 2, 1, 0, 0, 0, index % 3)),
      );
      for (const createdAt of times)
        await store.createChat(tenant, makeChat({ ownerId, createdAt }));
      const whole = await readAll((page) => store.listChats(tenant, ownerId, page), 100);
      expect(new Set(whole.map(({ id }) => id)).size).toBe(11);
      expect(whole.map(({ createdAt }) => createdAt)).toEqual(
        times.toSorted((a, b) => b.getTime() - a.getTime()),
      );
      for (const limit of [1, 2, 3, 10, 11, 12]) {
        expect(
          await readAll((page) => store.listChats(tenant, ownerId, page), limit),
          `limit ${limit}`,
        ).toEqual(whole);
      }

      const { question } = await saveNew(open());
      for (let count = 0; count < 4; count += 1)
        await store.saveTurn(tenant, makeTurn(question.chatId));
      const messages = await readAll(
        (page) => store.listMessages(tenant, question.chatId, page),
        100,
      );
      expect(messages).toHaveLength(10);
      for (const limit of [1, 3, 5, 9, 10]) {
        const paged = await readAll(
          (page) => store.listMessages(tenant, question.chatId, page),
          limit,
        );
        expect(paged, `limit ${limit}`).toEqual(messages);
      }
    });

    it("has no next page behind its last item", async () => {
      const { store, tenant } = open();
      const { question } = await saveNew(open());
      const list = (limit: number) => store.listMessages(tenant, question.chatId, { limit });
      expect((await list(2)).next).toBeNull();
      expect((await list(1)).next).toEqual(expect.any(String));
      expect(await store.listMessages(tenant, newId("chat"), { limit: 10 })).toEqual({
        items: [],
        next: null,
        cursors: [],
      });
    });

    it("can be read on from behind each of its items", async () => {
      const { store, tenant } = open();
      const ownerId = newId("vis");
      for (let count = 0; count < 5; count += 1) {
        await store.createChat(tenant, makeChat({ ownerId }));
      }
      const chats = await store.listChats(tenant, ownerId, { limit: 5 });
      const { question } = await saveNew(open());
      await store.saveTurn(tenant, makeTurn(question.chatId));
      const messages = await store.listMessages(tenant, question.chatId, { limit: 4 });
      expect([chats.cursors.length, messages.cursors.length]).toEqual([5, 4]);
      for (const [index, after] of chats.cursors.entries()) {
        const { items } = await store.listChats(tenant, ownerId, { limit: 5, after });
        expect(items).toEqual(chats.items.slice(index + 1));
      }
      for (const [index, after] of messages.cursors.entries()) {
        const page = { limit: 4, after };
        const { items } = await store.listMessages(tenant, question.chatId, page);
        expect(items).toEqual(messages.items.slice(index + 1));
      }
    });

    it("is the same for each chat when the first pages of many are read at once", async () => {
      const { store, tenant, otherTenant } = open();
      const turns = [await saveNew(open()), await saveNew(open()), await saveNew(open())];
      const chatIds = turns.map(({ question }) => question.chatId);
      for (const count of [0, 1, 1]) await store.saveTurn(tenant, makeTurn(chatIds[count] ?? ""));
      const nobody = newId("chat");
      for (const limit of [1, 2, 3, 4, 100]) {
        const pages = await store.listFirstMessages(tenant, [...chatIds, nobody], limit);
        expect([...pages.keys()].toSorted()).toEqual([...chatIds, nobody].toSorted());
        for (const [chatId, page] of pages) {
          expect(page).toEqual(await store.listMessages(tenant, chatId, { limit }));
        }
      }
      expect(await store.listFirstMessages(tenant, [], 10)).toEqual(new Map());
      const others = await store.listFirstMessages(otherTenant, chatIds, 10);
      expect([...others.values()].flatMap(({ items }) => items)).toEqual([]);
    });

    it("gives each chat once while chats are added and deleted", async () => {
      const { store, tenant } = open();
      const ownerId = newId("vis");
      const make = (minute: number) =>
        makeChat({ ownerId, createdAt: new Date(Date.UTC(2030, 3, 1, 0, minute)) });
      const old = Array.from({ length: 9 }, (_, index) => make(index));
      for (const chat of old) await store.createChat(tenant, chat);
      let minute = 100;
      const list = (page: { limit: number; after?: string | undefined }) =>
        store.listChats(tenant, ownerId, page);
      const seen = await readAll(list, 2, () => store.createChat(tenant, make((minute += 1))));
      expect(seen.map(({ id }) => id)).toEqual(old.toReversed().map(({ id }) => id));

      const first = await store.listChats(tenant, ownerId, { limit: 3 });
      for (const chat of first.items) await store.deleteChat(tenant, chat.id);
      const rest = await readAll(
        (page) => list({ ...page, after: page.after ?? first.next ?? undefined }),
        4,
      );
      expect(rest).toHaveLength(10);
      expect(rest).toEqual(await readAll(list, 100));
    });

    it("gives each message once, also those that are added while it is read", async () => {
      const { store, tenant } = open();
      const { question } = await saveNew(open());
      let added = 0;
      const add = async () => {
        if ((added += 1) <= 3) await store.saveTurn(tenant, makeTurn(question.chatId));
      };
      const seen = await readAll(
        (page) => store.listMessages(tenant, question.chatId, page),
        1,
        add,
      );
      expect(seen.map(({ role }) => role)).toEqual(
        Array.from({ length: 4 }, () => ["user", "assistant"]).flat(),
      );
      expect(new Set(seen.map(({ id }) => id)).size).toBe(8);
    });

    it("refuses a cursor that it didn't make", async () => {
      const { store, tenant } = open();
      const { question } = await saveNew(open());
      for (const after of notCursors) {
        const refusal = { code: "INVALID_CURSOR" };
        const chats = store.listChats(tenant, newId("vis"), { limit: 10, after });
        await expect(chats, after).rejects.toMatchObject(refusal);
        const messages = store.listMessages(tenant, question.chatId, { limit: 10, after });
        await expect(messages, after).rejects.toMatchObject(refusal);
      }
    });
  });
}
