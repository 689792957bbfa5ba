import { z } from "@hono/zod-openapi";
import type { Page } from "../core/ports.ts";
import type { StoredDocument } from "../core/documents/document-store.ts";
import { ingestionErrors, ingestionStates } from "../core/documents/ingestion.ts";

/** The bodies that go out, as schemas for the documentation and as functions. */

const timestamp = z.iso.datetime();

export const chatSchema = z
  .object({
    id: z.string().openapi({ example: "chat_5m2k…" }),
    title: z.string(),
    user_id: z.string().nullable(),
    visitor_id: z
      .string()
      .nullable()
      .openapi({ description: "The label given, never an identity" }),
    context: z.record(z.string(), z.unknown()),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi("Chat");

export const newChatSchema = chatSchema
  .extend({
    visitor_token: z
      .string()
      .optional()
      .openapi({
        description:
          "For a caller who came without a token: the proof of being the visitor who made this chat, " +
          "to be sent as X-Visitor-Token from now on",
      }),
  })
  .openapi("NewChat");

const sourceSchema = z
  .object({
    number: z.int().openapi({ description: "The number that the text cites it by" }),
    document_id: z.string(),
    title: z.string(),
    url: z.string().nullable(),
    heading: z.string(),
    page: z.int().nullable().openapi({ description: "Of a document that has pages, from 1" }),
    excerpt: z.string(),
    start: z
      .int()
      .openapi({ description: "Place of the excerpt in its document, in UTF-16 units" }),
    end: z.int(),
    score: z.number(),
    verified: z.boolean().nullable().openapi({
      description:
        "Whether the words that the text quotes from it were found in it; null in answers of releases that checked nothing",
    }),
  })
  .openapi("Source");

const placeSchema = z
  .object({ start: z.int(), end: z.int() })
  .openapi("TextPlace", { description: "In UTF-16 units, end exclusive" });

const citationSchema = z
  .object({
    number: z.int(),
    start: z.int().openapi({ description: "Place of the number in the content, in UTF-16 units" }),
    end: z.int(),
    quote: z.string().nullable().openapi({
      description: "The words that are quoted, at most 500; null where it quotes none",
    }),
    quote_start: z.int().nullable().openapi({ description: "Place of the words in the content" }),
    quote_end: z.int().nullable(),
    verified: z.boolean(),
    how: z.enum(["verbatim", "normalised", "fuzzy", "none"]).openapi({
      description: "How the words were found in the passage of that number",
    }),
    document_id: z.string().nullable(),
    places: z.array(placeSchema).openapi({ description: "Of the same words in the document" }),
    found_in: z.int().nullable().openapi({
      description: "The number of another passage that has the quoted words",
    }),
  })
  .openapi("Citation");

const variantsSchema = z
  .object({
    index: z.int().openapi({ description: "From 1, in the order in which they were made" }),
    count: z.int(),
    previous_id: z.string().nullable(),
    next_id: z.string().nullable(),
  })
  .openapi("Variants", {
    description:
      "Its place among the messages that follow the same one: other answers to its question, other questions there",
  });

export const messageSchema = z
  .object({
    id: z.string().openapi({ example: "msg_9c4e…" }),
    chat_id: z.string(),
    role: z.enum(["user", "assistant", "system"]),
    content: z.string(),
    message_type: z.string(),
    status: z.enum(["queued", "streaming", "complete", "error"]),
    created_at: timestamp,
    client_message_id: z.string().nullable(),
    reply_to: z
      .string()
      .nullable()
      .openapi({ description: "Of an answer: the id of its question" }),
    parent_id: z.string().nullable().openapi({
      description:
        "What it follows: of an answer its question, of a question the answer before; null: it begins the chat",
    }),
    chosen: z.boolean().openapi({ description: "Whether the history shows its branch" }),
    variants: variantsSchema,
    attempt: z
      .int()
      .nullable()
      .openapi({ description: "Of an answer: how often its turn was started" }),
    finish_reason: z.enum(["stop", "length", "cancelled", "content_filter"]).nullable(),
    total_tokens: z.int().nullable(),
    cost_estimate: z.number().nullable().openapi({ description: "US dollars" }),
    sources: z.array(sourceSchema).nullable(),
    citations: z.array(citationSchema).nullable().openapi({
      description: "Of a complete answer: each number in its content, checked",
    }),
    model: z.string().nullable(),
    degraded: z.array(z.string()).nullable().openapi({
      description: "Of a complete answer: what it had to do without, such as model_unavailable",
    }),
    feedback: z
      .object({ rating: z.enum(["up", "down"]), comment: z.string().nullable() })
      .nullable()
      .openapi({ description: "Of an answer: what its reader thought of it" }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi("Message");

export const turnSchema = z
  .object({
    message: messageSchema.openapi({ description: "The stored question" }),
    reply: messageSchema.openapi({ description: "Its answer, as it stands" }),
  })
  .openapi("Turn");

export const ingestionSchema = z
  .object({
    state: z.enum(ingestionStates),
    progress: z.int().openapi({ description: "In percent" }),
    error: z
      .object({ code: z.enum(ingestionErrors), message: z.string() })
      .nullable()
      .openapi({ description: "Why it failed; before that, why it is tried again" }),
    updated_at: timestamp,
  })
  .openapi("Ingestion", { description: "What becomes of the newest upload of the document" });

export const documentSchema = z
  .object({
    id: z.string().openapi({ example: "doc_7wns…" }),
    source: z.string().openapi({ example: "handbook/holidays.md" }),
    title: z.string(),
    url: z.string().nullable(),
    media_type: z.string(),
    size: z
      .int()
      .openapi({ description: "Of its text, in bytes of UTF-8; 0 before it was read once" }),
    created_at: timestamp.openapi({ description: "Of the first upload of this source" }),
    ingestion: ingestionSchema,
  })
  .openapi("Document");

export const putDocumentSchema = documentSchema
  .extend({ status: z.enum(["created", "replaced", "unchanged"]) })
  .openapi("PutDocument");

export const documentWithContentSchema = documentSchema
  .extend({ content: z.string() })
  .openapi("DocumentWithContent");

export function wireDocument(document: StoredDocument): z.infer<typeof documentSchema> {
  return {
    id: document.id,
    source: document.source,
    title: document.title,
    url: document.url,
    media_type: document.mediaType,
    size: document.size,
    created_at: document.createdAt.toISOString(),
    ingestion: {
      state: document.ingestion.state,
      progress: document.ingestion.progress,
      error: document.ingestion.error,
      updated_at: document.ingestion.updatedAt.toISOString(),
    },
  };
}

/** The query of every list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  after: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: "The `next` of the page before" }),
});

export function pageOf<Item extends z.ZodType>(item: Item, name: string) {
  const next = z.string().nullable().openapi({ description: "Null on the last page" });
  return z.object({ items: z.array(item), next }).openapi(name);
}

/** What the history shows from a fork on. */
export const branchPageSchema = z
  .object({
    parent_id: z.string().nullable().openapi({
      description: "The message behind which these are shown; null: from the chat's start",
    }),
    items: z.array(messageSchema).openapi({ description: "At most 100" }),
    next: z
      .string()
      .nullable()
      .openapi({ description: "Of the list of messages, for the rest; null where there is none" }),
  })
  .openapi("BranchPage");

export function wirePage<Item, Wire>({ items, next }: Page<Item>, wire: (item: Item) => Wire) {
  return { items: items.map(wire), next };
}
