import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { Branches } from "./enums.ts";
import { primeMessages } from "./loaders.ts";
import { Message } from "./message.ts";

const MessageConnection = builder.connectionObject(
  { type: Message, name: "MessageConnection" },
  { name: "MessageEdge" },
);

builder.objectField(Chat, "messages", (t) =>
  t.field({
    type: MessageConnection,
    description: "The history, oldest first.",
    args: {
      ...pageArgs,
      branches: t.arg({
        type: Branches,
        description: "`CHOSEN` when left out.",
      }),
    },
    complexity: costOfPage,
    async resolve({ id }, args, { services, caller, loaded }) {
      const request = toPageRequest(args);
      const branches = args.branches ?? "chosen";
      const { chats } = services.reader;
      if (request.after === undefined && branches === "chosen") {
        const first = { chatId: id, limit: request.limit };
        return toConnection(await loaded.loaders.firstMessages.load(first), args);
      }
      const page = await chats.listMessages(caller.tenant, id, request, branches);
      primeMessages(loaded.loaders, page);
      return toConnection(page, args);
    },
  }),
);
