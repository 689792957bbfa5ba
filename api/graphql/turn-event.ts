import { formatPlace } from "../core/turns/chat-place.ts";
import { formatCursor } from "../core/turns/cursor.ts";
import type { Ending } from "../core/message.ts";
import type { TurnEvent as TurnEventShape } from "../core/turns/turn-event.ts";
import { builder } from "./builder.ts";
import { FinishReason } from "./enums.ts";
import { Message, MessageError } from "./message.ts";
import { Citation, Source, stored } from "./source.ts";
import type { TurnItem } from "./turn-stream.ts";

export const TurnEvent = builder.interfaceRef<TurnItem>("TurnEvent").implement({
  description:
    "What happens in a turn, in this order: one ResponseStart, any number of ResponseChunk, and one " +
    "ResponseComplete or ResponseError. A ResponseStart with a higher `attempt` begins the text afresh.",
  resolveType: ({ event }) => typeOf(event),
  fields: (t) => ({
    messageId: t.id({ description: "The answer.", resolve: ({ turn }) => turn.messageId }),
    chatId: t.id({ resolve: ({ turn }) => turn.chatId }),
    attempt: t.int({
      description: "How often the turn was started, from 1.",
      resolve: ({ event }) => event.cursor.attempt,
    }),
    cursor: t.string({
      description: "The event's place in its turn; opaque.",
      resolve: ({ event }) => formatCursor(event.cursor),
    }),
    place: t.string({
      description: "The event's place in its chat, to come back with as `after`.",
      resolve: ({ turn, event }) => formatPlace(turn.messageId, event.cursor),
    }),
  }),
});

function typeOf(event: TurnEventShape) {
  if (event.type === "start") return "ResponseStart";
  if (event.type === "chunk") return "ResponseChunk";
  return event.ending.type === "error" ? "ResponseError" : "ResponseComplete";
}

builder.objectRef<TurnItem>("ResponseStart").implement({
  interfaces: [TurnEvent],
});

type ItemOf<Type extends TurnEventShape["type"]> = TurnItem & {
  readonly event: Extract<TurnEventShape, { type: Type }>;
};

builder.objectRef<ItemOf<"chunk">>("ResponseChunk").implement({
  description: "A piece of the answer; pieces that a slow reader missed come as one.",
  interfaces: [TurnEvent],
  fields: (t) => ({
    content: t.string({ resolve: ({ event }) => event.piece.content }),
    offset: t.int({
      description: "Where it begins in the answer, in UTF-16 units.",
      resolve: ({ event }) => event.piece.offset,
    }),
  }),
});

type EndItem<Type extends Ending["type"]> = ItemOf<"end"> & {
  readonly event: { readonly ending: Extract<Ending, { type: Type }> };
};

builder.objectRef<EndItem<"complete">>("ResponseComplete").implement({
  description: "The end of a turn; its answer is stored by now.",
  interfaces: [TurnEvent],
  fields: (t) => ({
    message: t.field({
      type: Message,
      nullable: true,
      description: "The stored answer; null when its chat was deleted meanwhile.",
      resolve: ({ turn }, _args, { loaded }) => loaded.loaders.messages.load(turn.messageId),
    }),
    finishReason: t.field({
      type: FinishReason,
      resolve: ({ event }) => event.ending.finishReason,
    }),
    totalTokens: t.int({ resolve: ({ event }) => event.ending.usage.totalTokens }),
    costEstimate: t.float({
      description: "US dollars.",
      resolve: ({ event }) => event.ending.usage.cost,
    }),
    usageEstimated: t.boolean({ resolve: ({ event }) => event.ending.usage.estimated }),
    totalChunks: t.exposeInt("totalChunks", {
      description: "The chunks of this message and attempt that this subscription was sent.",
    }),
    model: t.string({ nullable: true, resolve: ({ event }) => event.ending.model || null }),
    sources: t.field({
      type: [Source],
      complexity: stored,
      resolve: ({ event }) => event.ending.sources,
    }),
    citations: t.field({
      type: [Citation],
      complexity: stored,
      resolve: ({ event }) => event.ending.citations,
    }),
    degraded: t.stringList({ resolve: ({ event }) => event.ending.degraded }),
  }),
});

builder.objectRef<EndItem<"error">>("ResponseError").implement({
  description: "A turn that failed; the text so far is kept.",
  interfaces: [TurnEvent],
  fields: (t) => ({
    error: t.field({ type: MessageError, resolve: ({ event }) => event.ending }),
    totalChunks: t.exposeInt("totalChunks"),
  }),
});
