import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { Message } from "./message.ts";

const MessageConnection = builder.connectionObject(
  { type: Message, name: "MessageConnection" },
  { name: "MessageEdge" },
);

builder.objectField(Chat, "messages", (t) =>
  t.field({
    type: MessageConnection,
    description: "The history, oldest first.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve({ id }, args, { services, caller, loaded }) {
      const request = toPageRequest(args);
      const { chats } = services.reader;
      const page =
        request.after === undefined
          ? await loaded.loaders.firstMessages.load({ chatId: id, limit: request.limit })
          : await chats.listMessages(caller.tenant, id, request);
      return toConnection(page, args);
    },
  }),
);
