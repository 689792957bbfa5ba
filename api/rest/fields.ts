import { z } from "@hono/zod-openapi";
import { findContextFault, isContext, maxContextBytes } from "../core/chat-context.ts";
import { isStorable, notStorable } from "../core/storable.ts";

/** The fields that come in. */

/** Kept as it is, or refused. */
const text = () => z.string().refine(isStorable, notStorable);
export const filled = () =>
  text().refine((value) => value.trim() !== "", "Holds nothing but blanks");
const label = () => text().max(128).nullish();

export const titleField = filled().min(1).max(200);

// Not a record of zod's, which drops the name `__proto__` in silence.
const contextField = z
  .custom<Record<string, unknown>>(isContext, "An object is expected")
  .superRefine((context, refinement) => {
    const fault = findContextFault(context);
    if (fault) refinement.addIssue({ code: "custom", message: fault });
  })
  .openapi({
    type: "object",
    additionalProperties: {},
    description: `Whatever the page wants to keep with the chat: at most ${maxContextBytes} bytes of JSON`,
  });

export const createChatSchema = z
  .object({
    title: titleField.nullish(),
    user_id: label().openapi({ description: "A label, never an identity" }),
    visitor_id: label().openapi({ description: "A label, never an identity" }),
    context: contextField.nullish(),
  })
  .openapi("CreateChat");

export const renameChatSchema = z.object({ title: titleField }).openapi("RenameChat");

export const feedbackSchema = z
  .object({
    rating: z.enum(["up", "down"]).nullable().openapi({ description: "Null takes it back" }),
    comment: z.string().nullish().openapi({ description: "At most 1000 characters" }),
  })
  .openapi("GiveFeedback");

export const postMessageSchema = z
  .object({
    content: z
      .string()
      .openapi({ description: "1 to 16000 characters", example: "What can this do?" }),
    role: z.literal("user").default("user"),
    message_type: filled().min(1).max(64).default("text"),
    client_message_id: text().min(1).max(128).nullish().openapi({
      description:
        "Random, or unique within its chat, a user's or a server's among their own: sent again, it finds the same turn and never asks twice",
    }),
  })
  .openapi("PostMessage");

export const editMessageSchema = postMessageSchema
  .pick({ content: true, client_message_id: true })
  .openapi("EditMessage");

/** Its value may be quoted, as a structured field's string is; the quotes are no part of it. */
export const idempotencyKeyField = z
  .string()
  .overwrite((value) => /^"(.*)"$/.exec(value.trim())?.[1] ?? value.trim())
  .regex(/^[\x20-\x7e]{1,128}$/, "1 to 128 characters of ASCII are expected")
  .optional()
  .openapi({
    description: "The client_message_id as a header; where both are given they are equal",
  });
