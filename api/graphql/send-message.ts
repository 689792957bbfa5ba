import { openChat, type Chat as ChatShape } from "../core/chats.ts";
import type { Message as MessageShape } from "../core/message.ts";
import { startTurn } from "../core/turns/start-turn.ts";
import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import type { GraphqlContext } from "./context.ts";
import { checkInput, sendMessageInput } from "./input.ts";
import { Message } from "./message.ts";

const SendMessageInput = builder.inputType("SendMessageInput", {
  fields: (t) => ({
    chatId: t.id({ description: "Left out: a new chat." }),
    content: t.string({ required: true, description: "1 to 16000 characters." }),
    messageType: t.string({ description: "`text` when left out." }),
    clientMessageId: t.string({
      description:
        "At least 16 random characters: sent again, it finds the same turn and never asks twice. " +
        "A shorter one is unique within its chat; a user's, or a server's, among their own.",
    }),
  }),
});

interface SentMessage {
  readonly question: MessageShape;
  readonly answer: MessageShape;
  readonly chat: ChatShape;
  readonly visitorToken: string | undefined;
}

const SendMessagePayload = builder.objectRef<SentMessage>("SendMessagePayload").implement({
  fields: (t) => ({
    question: t.field({ type: Message, resolve: ({ question }) => question }),
    answer: t.field({
      type: Message,
      description:
        "As it stands: `turnEvents(chatId:, after: <its id>)` follows it from its start.",
      resolve: ({ answer }) => answer,
    }),
    chat: t.field({ type: Chat, resolve: ({ chat }) => chat }),
    visitorToken: t.exposeString("visitorToken", {
      nullable: true,
      description: "Where a caller without one made a new chat by this, as in createChat.",
    }),
  }),
});

builder.mutationField("sendMessage", (t) =>
  t.field({
    type: SendMessagePayload,
    nullable: true,
    complexity: 100,
    description: "Asks a question. Answers at once; the turn belongs to the platform from then on.",
    args: { input: t.arg({ type: SendMessageInput, required: true }) },
    resolve: (_root, { input }, context) => send(context, checkInput(sendMessageInput, input)),
  }),
);

async function send(
  { services, caller, visitor }: GraphqlContext,
  { chatId, content, messageType, clientMessageId }: ReturnType<typeof sendMessageInput.parse>,
): Promise<SentMessage> {
  // Whoever makes a chat is proven, as everywhere; in one that is there already nothing changes.
  const proof = chatId ? undefined : await visitor.prove();
  const asker = proof ? { ...caller, visitorId: proof.visitorId } : caller;
  const { question, answer, replayed } = await startTurn(services.start, asker, {
    chatId: chatId ?? undefined,
    content,
    messageType: messageType ?? undefined,
    clientMessageId: clientMessageId ?? undefined,
  });
  const chat = await openChat(services.reader.chats, asker, answer.chatId);
  // A chat that a retry found again was made by whoever asked first.
  return { question, answer, chat, visitorToken: replayed ? undefined : proof?.token };
}
