import { defineEntity, p, type Opt } from "@mikro-orm/core";
import type { UnansweredReason } from "../../core/answering/unanswered.ts";
import type { Citation, Source } from "../../core/message.ts";

// The wildcard schema: these rows are reached only through an entity manager forked for a tenant.
const schema = "*";

const ChatSchema = defineEntity({
  name: "ChatRow",
  tableName: "chats",
  schema,
  properties: {
    id: p.string().primary(),
    title: p.string(),
    userId: p.string().nullable(),
    visitorId: p.string().nullable(),
    context: p.json().$type<Record<string, unknown>>(),
    ownerId: p.string().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

export class ChatRow extends ChatSchema.class {}
ChatSchema.setClass(ChatRow);

/** Without the fields that later releases have added, where an earlier one has stored it. */
export type StoredSource = Omit<Source, "page" | "verified"> &
  Partial<Pick<Source, "page" | "verified">>;

const MessageSchema = defineEntity({
  name: "MessageRow",
  tableName: "chat_messages",
  schema,
  properties: {
    id: p.string().primary(),
    seq: p.bigint("number").generated("identity").$type<Opt<number>>(),
    chatId: p.string(),
    role: p.string().$type<"user" | "assistant" | "system">(),
    content: p.text(),
    messageType: p.string(),
    state: p.string().$type<"queued" | "streaming" | "complete" | "error">(),
    replyTo: p.string().nullable(),
    /** Of one that begins its chat: the chat. Left out, that of the newest shown message. */
    parentId: p.string().$type<Opt<string>>(),
    chosen: p.boolean().default(true),
    idempotencyScope: p.string().nullable(),
    clientMessageId: p.string().nullable(),
    attempt: p.integer(),
    owner: p.string().nullable(),
    crashes: p.integer().default(0),
    cancelRequested: p.boolean().default(false),
    finishReason: p.string().$type<"stop" | "length" | "cancelled" | "content_filter">().nullable(),
    errorCode: p.string().nullable(),
    errorMessage: p.string().nullable(),
    model: p.string().nullable(),
    sources: p.json().columnType("json").$type<StoredSource[]>().nullable(),
    citations: p.json().columnType("json").$type<Citation[]>().nullable(),
    promptTokens: p.integer().nullable(),
    completionTokens: p.integer().nullable(),
    totalTokens: p.integer().nullable(),
    costEstimate: p.decimal("number").nullable(),
    usageEstimated: p.boolean().nullable(),
    degraded: p.array().nullable(),
    rating: p.string().$type<"up" | "down">().nullable(),
    ratingComment: p.string().nullable(),
    createdAt: p.datetime(),
    endedAt: p.datetime().nullable(),
  },
});

export class MessageRow extends MessageSchema.class {}
MessageSchema.setClass(MessageRow);

const AnalyticsSchema = defineEntity({
  name: "AnalyticsRow",
  tableName: "analytics",
  schema,
  properties: {
    id: p.bigint("number").primary().generated("identity"),
    chatId: p.string(),
    messageId: p.string(),
    attempt: p.integer(),
    outcome: p.string(),
    model: p.string().nullable(),
    promptTokens: p.integer(),
    completionTokens: p.integer(),
    totalTokens: p.integer(),
    costEstimate: p.decimal("number"),
    usageEstimated: p.boolean(),
    firstChunkMs: p.integer().nullable(),
    totalMs: p.integer(),
  },
});

export class AnalyticsRow extends AnalyticsSchema.class {}
AnalyticsSchema.setClass(AnalyticsRow);

const UnansweredSchema = defineEntity({
  name: "UnansweredRow",
  tableName: "unanswered",
  schema,
  properties: {
    messageId: p.string().primary(),
    seq: p.bigint("number").generated("identity").$type<Opt<number>>(),
    reason: p.string().$type<UnansweredReason>(),
    createdAt: p.datetime(),
    handledAt: p.datetime().nullable(),
  },
});

export class UnansweredRow extends UnansweredSchema.class {}
UnansweredSchema.setClass(UnansweredRow);

const DocumentSchema = defineEntity({
  name: "DocumentRow",
  tableName: "documents",
  schema,
  properties: {
    id: p.string().primary(),
    source: p.string(),
    title: p.string(),
    url: p.string().nullable(),
    mediaType: p.string(),
    content: p.text().lazy(),
    contentHash: p.string(),
    createdAt: p.datetime().defaultRaw("now()"),
    size: p
      .integer()
      .formula((columns) => `octet_length(${columns.content})`)
      .$type<Opt<number>>(),
  },
});

export class DocumentRow extends DocumentSchema.class {}
DocumentSchema.setClass(DocumentRow);

const PassageSchema = defineEntity({
  name: "PassageRow",
  tableName: "passages",
  schema,
  properties: {
    id: p.string().primary(),
    documentId: p.string(),
    rank: p.integer(),
    title: p.string(),
    heading: p.string(),
    content: p.text(),
    startOffset: p.integer(),
    page: p.integer().nullable(),
  },
});

export class PassageRow extends PassageSchema.class {}
PassageSchema.setClass(PassageRow);

export const tenantEntities = [
  ChatRow,
  MessageRow,
  AnalyticsRow,
  UnansweredRow,
  DocumentRow,
  PassageRow,
];
