import { deleteChat } from "../core/turns/cancel-turn.ts";
import { createChat, renameChat, type Chat as ChatShape } from "../core/chats.ts";
import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import { checkInput, newChatInput, renameChatInput } from "./input.ts";

const CreateChatInput = builder.inputType("CreateChatInput", {
  fields: (t) => ({
    title: t.string({ description: "1 to 200 characters." }),
    userId: t.string({ description: "A label, never an identity." }),
    visitorId: t.string({ description: "A label, never an identity." }),
    context: t.field({ type: "JSON", description: "An object of at most 8 KiB of JSON." }),
  }),
});

interface CreatedChat {
  readonly chat: ChatShape;
  readonly visitorToken: string | undefined;
}

const CreateChatPayload = builder.objectRef<CreatedChat>("CreateChatPayload").implement({
  fields: (t) => ({
    chat: t.field({ type: Chat, resolve: ({ chat }) => chat }),
    visitorToken: t.exposeString("visitorToken", {
      nullable: true,
      description:
        "For a caller who came without one: the proof of being the visitor who made this chat, " +
        "to be sent as X-Visitor-Token from now on.",
    }),
  }),
});

builder.mutationField("createChat", (t) =>
  t.field({
    type: CreateChatPayload,
    nullable: true,
    complexity: 10,
    args: { input: t.arg({ type: CreateChatInput, required: true, defaultValue: {} }) },
    async resolve(_root, { input }, { services, caller, visitor }) {
      const { title, userId, visitorId: label, context } = checkInput(newChatInput, input);
      const fields = {
        title: title ?? undefined,
        userId: userId ?? undefined,
        visitorId: label ?? undefined,
        context: context ?? undefined,
      };
      const { visitorId, token } = await visitor.prove();
      const { chats, clock } = services.reader;
      const now = new Date(clock.now());
      const chat = await createChat(chats, { ...caller, visitorId }, fields, now);
      return { chat, visitorToken: token };
    },
  }),
);

const RenameChatInput = builder.inputType("RenameChatInput", {
  fields: (t) => ({
    chatId: t.id({ required: true }),
    title: t.string({ required: true, description: "1 to 200 characters." }),
  }),
});

const RenameChatPayload = builder
  .objectRef<{ readonly chat: ChatShape }>("RenameChatPayload")
  .implement({ fields: (t) => ({ chat: t.field({ type: Chat, resolve: ({ chat }) => chat }) }) });

builder.mutationField("renameChat", (t) =>
  t.field({
    type: RenameChatPayload,
    nullable: true,
    complexity: 10,
    args: { input: t.arg({ type: RenameChatInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      const { title } = checkInput(renameChatInput, input);
      return { chat: await renameChat(services.reader.chats, caller, input.chatId, title) };
    },
  }),
);

const DeleteChatInput = builder.inputType("DeleteChatInput", {
  fields: (t) => ({ chatId: t.id({ required: true }) }),
});

const DeleteChatPayload = builder
  .objectRef<{ readonly deletedChatId: string; readonly erasureId: string }>("DeleteChatPayload")
  .implement({
    fields: (t) => ({
      deletedChatId: t.exposeID("deletedChatId"),
      erasureId: t.exposeID("erasureId", { description: "Of the receipt." }),
    }),
  });

builder.mutationField("deleteChat", (t) =>
  t.field({
    type: DeleteChatPayload,
    nullable: true,
    complexity: 10,
    description: "Deletes a chat with its messages, and stops what is under way in it.",
    args: { input: t.arg({ type: DeleteChatInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      const deps = { ...services.start, audit: services.admin.audit };
      const erasureId = await deleteChat(deps, caller, input.chatId);
      return { deletedChatId: input.chatId, erasureId };
    },
  }),
);
