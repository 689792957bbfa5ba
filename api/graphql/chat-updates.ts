import { branchLimit, type ChatEvent } from "../core/turns/chat-news.ts";
import { followChanges, type PlacedChatEvent } from "../core/turns/follow-changes.ts";
import { formatFollowPlace, requireFollowPlace } from "../core/turns/follow-place.ts";
import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import type { GraphqlContext } from "./context.ts";
import { createLoaders } from "./loaders.ts";
import { Message } from "./message.ts";
import { openChatOf } from "./open.ts";
import { openStream, type StreamSignal } from "./open-stream.ts";
import { TurnEvent } from "./turn-event.ts";

/** One event on its way to a subscriber. */
interface ChatItem extends PlacedChatEvent {
  readonly chatId: string;
  /** Of a turn's event: how many chunks of this message and attempt went to this subscriber. */
  readonly totalChunks: number;
}

type ItemOf<Type extends ChatEvent["type"]> = ChatItem & {
  readonly event: Extract<ChatEvent, { type: Type }>;
};

const typeNames = {
  subscribed: "ChatSubscribed",
  message: "MessageChanged",
  chat: "ChatChanged",
  branch: "BranchChanged",
  reset: "ChatReset",
  deleted: "ChatDeleted",
  turn: "TurnProgressed",
} as const satisfies Record<ChatEvent["type"], string>;

const ChatUpdate = builder.interfaceRef<ChatItem>("ChatUpdate").implement({
  description: "What has happened in a chat: each tells how something stands now.",
  resolveType: ({ event }) => typeNames[event.type],
  fields: (t) => ({
    chatId: t.exposeID("chatId"),
    place: t.string({
      description: "The place behind it, to come back with as `after`; opaque.",
      resolve: ({ place }) => formatFollowPlace(place),
    }),
  }),
});
const interfaces = [ChatUpdate];

builder.objectRef<ItemOf<"subscribed">>(typeNames.subscribed).implement({
  description:
    "The first: from here on nothing is missed. Read the history after it has come, not before.",
  interfaces,
});

builder.objectRef<ItemOf<"message">>(typeNames.message).implement({
  description:
    "A message is new or has changed: a question was asked, an answer has ended or was rated.",
  interfaces,
  fields: (t) => ({
    message: t.field({ type: Message, resolve: ({ event }) => event.message }),
  }),
});

builder.objectRef<ItemOf<"chat">>(typeNames.chat).implement({
  description: "The chat has another title.",
  interfaces,
  fields: (t) => ({ chat: t.field({ type: Chat, resolve: ({ event }) => event.chat }) }),
});

builder.objectRef<ItemOf<"branch">>(typeNames.branch).implement({
  description: "Behind the message `parentId` the history goes on with other messages now.",
  interfaces,
  fields: (t) => ({
    parentId: t.id({
      nullable: true,
      description: "Null: from the beginning of the chat.",
      resolve: ({ event }) => event.parentId,
    }),
    messages: t.field({
      type: [Message],
      description: `At most ${branchLimit}, in order.`,
      complexity: { field: 1, multiplier: branchLimit },
      resolve: ({ event }) => event.messages,
    }),
    hasMore: t.boolean({
      description: "Whether there are more: read them from the history.",
      resolve: ({ event }) => event.hasMore,
    }),
  }),
});

builder.objectRef<ItemOf<"reset">>(typeNames.reset).implement({
  description:
    "`after` was too old, and what has happened since is no longer known: read the history anew.",
  interfaces,
});

builder.objectRef<ItemOf<"deleted">>(typeNames.deleted).implement({
  description: "The chat was deleted. The last one.",
  interfaces,
});

builder.objectRef<ItemOf<"turn">>(typeNames.turn).implement({
  description: "An event of the turn that is under way.",
  interfaces,
  fields: (t) => ({
    event: t.field({
      type: TurnEvent,
      resolve: ({ event: { turn, event }, totalChunks }) => ({ turn, event, totalChunks }),
    }),
  }),
});

builder.subscriptionField("chatUpdated", (t) =>
  t.field({
    type: ChatUpdate,
    description:
      "Follows a chat: its messages, its turns, its title and its end, whoever makes them and wherever. Behind `after`, " +
      "else from now on. It goes on until its reader leaves or may no longer read it, the chat is deleted, or the server restarts.",
    args: {
      chatId: t.arg.id({ required: true }),
      after: t.arg.string({ description: "The `place` of the last update seen." }),
    },
    subscribe: (_root, { chatId, after }, context) => follow(context, chatId, after),
    resolve: (signal, _args, context) => toItem(signal, context),
  }),
);

async function follow(context: GraphqlContext, chatId: string, after: string | null | undefined) {
  const { reader } = context.services;
  const { id } = await openChatOf(context, chatId);
  const from = after ? requireFollowPlace(after) : undefined;
  const lifetime = await context.openLifetime();
  return openStream(lifetime, async function* (signal) {
    const events = followChanges(reader, lifetime.access, id, from, signal, lifetime.draining);
    let isDeleted = false;
    for await (const item of countChunks(id, events)) {
      isDeleted = item.event.type === "deleted";
      yield item;
    }
    if (!isDeleted && !signal.aborted) await lifetime.pause(signal);
  });
}

async function* countChunks(
  chatId: string,
  events: AsyncIterable<PlacedChatEvent>,
): AsyncGenerator<ChatItem> {
  let totalChunks = 0;
  for await (const placed of events) {
    const { event } = placed;
    if (event.type === "turn" && event.event.type === "start") totalChunks = 0;
    if (event.type === "turn" && event.event.type === "chunk") totalChunks += 1;
    yield { ...placed, chatId, totalChunks };
  }
}

/** What is loaded for one update is as of that update. */
function toItem(
  signal: StreamSignal<ChatItem>,
  { services, caller, loaded }: GraphqlContext,
): ChatItem {
  if ("failure" in signal) throw signal.failure;
  loaded.loaders = createLoaders(services.reader.chats, caller.tenant);
  return signal.item;
}
