import { z } from "@hono/zod-openapi";

/** The fields that come in. */

/** What PostgreSQL can hold: NUL is dropped, half a surrogate pair becomes U+FFFD. */
function makeStorable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

const text = () => z.string().overwrite(makeStorable);
const label = () => text().max(128).nullish();

export const titleField = text().trim().min(1).max(200);

/** Bytes of JSON. */
export const maxContextBytes = 8 * 1024;
const maxContextDepth = 32;

const contextField = z
  .record(z.string(), z.unknown())
  .superRefine((context, refinement) => {
    const fault = findContextFault(context);
    if (fault) refinement.addIssue({ code: "custom", message: fault });
  })
  .openapi({
    description: `Whatever the page wants to keep with the chat: at most ${maxContextBytes} bytes of JSON`,
  });

/** Depth comes first, since a deep value can't even be printed. */
function findContextFault(context: Record<string, unknown>): string | undefined {
  const waiting: [value: unknown, depth: number][] = [[context, 1]];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const [value, depth] = entry;
    if (depth > maxContextDepth) return `Nested deeper than ${maxContextDepth} levels`;
    if (typeof value === "string" && !isStorable(value))
      return "Holds NUL or half a surrogate pair";
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value))
      waiting.push([key, depth], [inner, depth + 1]);
  }
  return Buffer.byteLength(JSON.stringify(context)) > maxContextBytes
    ? `Longer than ${maxContextBytes} bytes of JSON`
    : undefined;
}

function isStorable(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

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
    message_type: text().trim().min(1).max(64).default("text"),
    client_message_id: text().min(1).max(128).nullish().openapi({
      description:
        "Unique for the client of X-Client-ID: sent again, it finds the same turn and never asks twice",
    }),
  })
  .openapi("PostMessage");
