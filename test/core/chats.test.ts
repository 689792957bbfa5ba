import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import type { Caller } from "../../api/core/access/caller.ts";
import {
  createChat,
  defaultChatTitle,
  listChats,
  listMessages,
  openChat,
  openMessage,
  renameChat,
} from "../../api/core/chats.ts";
import { makeTurn } from "../contracts/store-fixtures.ts";
import { makeCaller } from "../support/core.ts";
import { makeTenant } from "../support/tenant.ts";

const now = new Date(Date.UTC(2030, 0, 1));
const closed = makeTenant("demo", { chat_access: "visitor" });

/** A chat of `vis_1`, with one message, and those who want to see it. */
async function open() {
  const store = createMemoryStore();
  const owner = makeCaller({ tenant: closed, visitorId: "vis_1" });
  const chat = await createChat(store, owner, { title: "Mine" }, now);
  const { question } = await store.saveTurn(closed, makeTurn(chat.id));
  const strangers: Caller[] = [
    makeCaller({ tenant: closed, visitorId: "vis_2" }),
    makeCaller({ tenant: closed, visitorId: undefined }),
    makeCaller({ tenant: makeTenant("other", { chat_access: "visitor" }), visitorId: "vis_1" }),
    makeCaller({ tenant: makeTenant("other") }),
  ];
  return { store, owner, chat, question, strangers };
}

it("a chat is made with what its caller says, owned by whoever is proven", async () => {
  const store = createMemoryStore();
  const fields = { title: "A title", userId: "u", visitorId: "a label", context: { page: "/" } };
  const chat = await createChat(store, makeCaller({ visitorId: "vis_1" }), fields, now);
  expect(chat).toEqual({
    ...fields,
    id: chat.id,
    ownerId: "vis_1",
    createdAt: now,
    updatedAt: now,
  });
  expect(await openChat(store, makeCaller(), chat.id)).toEqual(chat);
  const plain = await createChat(store, makeCaller({ visitorId: undefined }), {}, now);
  expect(plain).toMatchObject({
    title: defaultChatTitle,
    userId: null,
    visitorId: null,
    context: {},
    ownerId: null,
  });
});

describe("a chat of a visitor, where the tenant asks for the proof", () => {
  it("is its visitor's to open, read, rename and list", async () => {
    const { store, owner, chat, question } = await open();
    expect(await openChat(store, owner, chat.id)).toMatchObject({ title: "Mine" });
    expect((await listMessages(store, owner, chat.id, { limit: 10 })).items).toHaveLength(2);
    expect(await openMessage(store, owner, question.id)).toEqual(question);
    expect(await renameChat(store, owner, chat.id, "Still mine")).toMatchObject({
      title: "Still mine",
    });
    expect((await listChats(store, owner, { limit: 10 })).items.map(({ id }) => id)).toEqual([
      chat.id,
    ]);
  });

  it("is to everyone else as if it weren't there", async () => {
    const { store, chat, question, strangers } = await open();
    for (const caller of strangers) {
      const notThere = await openChat(store, caller, "chat_unknown").catch(
        (error: unknown) => error,
      );
      for (const attempt of [
        openChat(store, caller, chat.id),
        listMessages(store, caller, chat.id, { limit: 10 }),
        renameChat(store, caller, chat.id, "Taken"),
      ]) {
        await expect(attempt).rejects.toEqual(notThere);
      }
      await expect(openMessage(store, caller, question.id)).rejects.toMatchObject({
        code: "MESSAGE_NOT_FOUND",
      });
    }
    expect(await store.findChat(closed, chat.id)).toMatchObject({ title: "Mine" });
  });
});

it("chats are listed for a proven visitor only", async () => {
  const { store, strangers } = await open();
  const [other, anonymous] = strangers;
  if (!other || !anonymous) throw new Error("There are strangers");
  expect((await listChats(store, other, { limit: 10 })).items).toEqual([]);
  await expect(listChats(store, anonymous, { limit: 10 })).rejects.toMatchObject({
    code: "VISITOR_TOKEN_REQUIRED",
  });
});
