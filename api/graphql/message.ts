import { canOpenChat } from "../core/access/caller.ts";
import {
  onlyVariant,
  type Ending,
  type Feedback as FeedbackShape,
  type Message as MessageShape,
  type Variants as VariantsShape,
} from "../core/message.ts";
import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import { FinishReason, MessageRole, MessageStatus, Rating } from "./enums.ts";
import { openMessageOf } from "./open.ts";
import { Citation, Source, stored } from "./source.ts";

export interface FailureShape {
  readonly code: string;
  readonly message: string;
}

export const MessageError = builder.objectRef<FailureShape>("MessageError").implement({
  description: "Why a turn failed.",
  fields: (t) => ({ code: t.exposeString("code"), message: t.exposeString("message") }),
});

const Feedback = builder.objectRef<FeedbackShape>("Feedback").implement({
  fields: (t) => ({
    rating: t.field({ type: Rating, resolve: ({ rating }) => rating }),
    comment: t.exposeString("comment", { nullable: true }),
  }),
});

const Variants = builder.objectRef<VariantsShape>("Variants").implement({
  description:
    "The place of a message among those that follow the same one: other answers to its question, other questions there.",
  fields: (t) => ({
    index: t.exposeInt("index", { description: "From 1, in the order in which they were made." }),
    count: t.exposeInt("count"),
    previousId: t.exposeID("previousId", { nullable: true }),
    nextId: t.exposeID("nextId", { nullable: true }),
  }),
});

export const Message = builder.objectRef<MessageShape>("Message");

builder.node(Message, {
  description: "A question, or the answer to one. A turn is named by the id of its answer.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    role: t.field({ type: MessageRole, resolve: ({ role }) => role }),
    content: t.exposeString("content", { description: "Of an unfinished answer: what is stored." }),
    messageType: t.exposeString("messageType"),
    status: t.field({ type: MessageStatus, resolve: ({ state }) => state }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    clientMessageId: t.exposeString("clientMessageId", { nullable: true }),
    chatId: t.exposeID("chatId"),
    chat: t.field({
      type: Chat,
      nullable: true,
      complexity: 2,
      async resolve({ chatId }, _args, { caller, visitor, loaded }) {
        const chat = await loaded.loaders.chats.load(chatId);
        const reader = { ...caller, visitorId: await visitor.current() };
        // A turn is read to its end, and by then the chat may be somebody else's.
        return chat && canOpenChat(reader, chat) ? chat : null;
      },
    }),
    replyTo: t.field({
      type: Message,
      nullable: true,
      complexity: 2,
      description: "Of an answer: its question.",
      resolve: ({ replyTo }, _args, { loaded }) =>
        replyTo === null ? null : loaded.loaders.messages.load(replyTo),
    }),
    parentId: t.exposeID("parentId", {
      nullable: true,
      description:
        "What it follows: of an answer its question, of a question the answer before; null: it begins the chat.",
    }),
    chosen: t.exposeBoolean("chosen", { description: "Whether the history shows its branch." }),
    variants: t.field({
      type: Variants,
      resolve: async ({ id }, _args, { loaded }) =>
        (await loaded.loaders.variants.load(id)) ?? onlyVariant,
    }),
    attempt: t.int({
      nullable: true,
      description: "Of an answer: how often its turn was started.",
      resolve: ({ role, attempt }) => (role === "assistant" ? attempt : null),
    }),
  }),
});

builder.objectFields(Message, (t) => ({
  finishReason: t.field({
    type: FinishReason,
    nullable: true,
    resolve: ({ ending }) => completion(ending)?.finishReason,
  }),
  totalTokens: t.int({ nullable: true, resolve: ({ ending }) => ending?.usage.totalTokens }),
  costEstimate: t.float({
    nullable: true,
    description: "US dollars.",
    resolve: ({ ending }) => ending?.usage.cost,
  }),
  usageEstimated: t.boolean({
    nullable: true,
    description: "True where the tokens were counted by us, not by the provider.",
    resolve: ({ ending }) => ending?.usage.estimated,
  }),
  model: t.string({ nullable: true, resolve: ({ ending }) => completion(ending)?.model || null }),
  sources: t.field({
    type: [Source],
    complexity: stored,
    description: "What the answer cites; empty until it has ended.",
    resolve: ({ ending }) => completion(ending)?.sources ?? [],
  }),
  citations: t.field({
    type: [Citation],
    complexity: stored,
    description: "Each number in the answer's text, checked; empty until it has ended.",
    resolve: ({ ending }) => completion(ending)?.citations ?? [],
  }),
  degraded: t.stringList({
    description: "What the answer had to do without, such as `model_unavailable`.",
    resolve: ({ ending }) => completion(ending)?.degraded ?? [],
  }),
  feedback: t.field({ type: Feedback, nullable: true, resolve: ({ feedback }) => feedback }),
  error: t.field({
    type: MessageError,
    nullable: true,
    resolve: ({ ending }) => (ending?.type === "error" ? ending : null),
  }),
}));

export function completion(ending: Ending | null) {
  return ending?.type === "complete" ? ending : undefined;
}

builder.queryField("message", (t) =>
  t.field({
    type: Message,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => openMessageOf(context, id),
  }),
);
