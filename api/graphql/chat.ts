import { listChats, type Chat as ChatShape } from "../core/chats.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { openChatOf } from "./open.ts";

export const Chat = builder.objectRef<ChatShape>("Chat");

builder.node(Chat, {
  description: "A conversation.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    title: t.exposeString("title"),
    userId: t.exposeString("userId", {
      nullable: true,
      description: "A label, never an identity.",
    }),
    visitorId: t.exposeString("visitorId", {
      nullable: true,
      description: "A label, never an identity.",
    }),
    context: t.field({
      type: "JSON",
      description: "Whatever the page keeps with the chat.",
      resolve: ({ context }) => context,
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    updatedAt: t.field({ type: "DateTime", resolve: ({ updatedAt }) => updatedAt }),
  }),
});

const ChatConnection = builder.connectionObject(
  { type: Chat, name: "ChatConnection" },
  { name: "ChatEdge" },
);

builder.queryFields((t) => ({
  chat: t.field({
    type: Chat,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => openChatOf(context, id),
  }),
  chats: t.field({
    type: ChatConnection,
    nullable: true,
    description: "The visitor's own chats, newest first. Needs a visitor token.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve(_root, args, { services, caller, loaded }) {
      const page = await listChats(services.reader.chats, caller, toPageRequest(args));
      for (const chat of page.items) loaded.loaders.chats.prime(chat.id, chat);
      return toConnection(page, args);
    },
  }),
}));
