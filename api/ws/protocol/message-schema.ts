import { z } from "zod";
import { chatId, citationSchema, errorCode, sourceSchema, timestamp } from "./parts.ts";

/** A chat and a message as frames carry them; the core makes both. */

export const chatSchema = z
  .object({
    id: chatId,
    title: z.string(),
    user_id: z.string().nullable().describe("A label, never an identity"),
    visitor_id: z.string().nullable().describe("A label, never an identity"),
    context: z.record(z.string(), z.unknown()).describe("Whatever the page keeps with the chat"),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "chat", title: "Chat", description: "A conversation" });

const completeOnly = "Null of a question, and of an answer that isn't complete";

export const messageSchema = z
  .object({
    id: z.string(),
    chat_id: chatId,
    role: z.enum(["user", "assistant", "system"]),
    content: z.string().describe("Of an unfinished answer: what is stored"),
    message_type: z.string(),
    status: z.enum(["queued", "streaming", "complete", "error"]),
    created_at: timestamp,
    client_message_id: z.string().nullable(),
    reply_to: z.string().nullable().describe("Of an answer: the id of its question"),
    parent_id: z
      .string()
      .nullable()
      .describe("What it follows in its branch; null: it begins its chat"),
    chosen: z.boolean().describe("Whether it stands in the branch that the history shows"),
    variants: z
      .object({
        index: z.int().min(1),
        count: z.int().min(1),
        previous_id: z.string().nullable(),
        next_id: z.string().nullable(),
      })
      .describe("Its place among those that follow the same message: the second of three"),
    attempt: z.int().nullable().describe("Of an answer: how often its turn was started"),
    finish_reason: z
      .enum(["stop", "length", "cancelled", "content_filter"])
      .nullable()
      .describe(completeOnly),
    total_tokens: z.int().nullable(),
    cost_estimate: z.number().nullable().describe("US dollars"),
    sources: z.array(sourceSchema).nullable().describe(completeOnly),
    citations: z.array(citationSchema).nullable().describe(completeOnly),
    model: z.string().nullable().describe(completeOnly),
    degraded: z.array(z.string()).nullable().describe(completeOnly),
    feedback: z
      .object({ rating: z.enum(["up", "down"]), comment: z.string().nullable() })
      .nullable()
      .describe("Of an answer: what its reader thought of it"),
    error: z
      .object({ code: errorCode, message: z.string() })
      .nullable()
      .describe("Why the turn failed"),
  })
  .meta({ id: "message", title: "Message", description: "A question, or the answer to one" });
