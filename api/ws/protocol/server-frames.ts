import { z } from "zod";
import { chatFrames } from "./chat-frames.ts";
import { defineFrame } from "./define-frame.ts";
import {
  chatId,
  citationSchema,
  errorCode,
  frameOrigin,
  messageId,
  place,
  retryAfter,
  sourceSchema,
  timestamp,
} from "./parts.ts";

const message_id = "msg_9c4e1kq0v7w3x5t8z2b6n4m1ad";
const chat_id = "chat_5m2k8r1v0q7w3x9t4z6b2n5c1d";
const turn = { message_id, chat_id };
const client_message_id = "7d1f2c1e-5f0a-4f0e-9b0a-3c5d8e2a1b4c";
const later = "2026-01-01T13:00:00.000Z";

const person = {
  visitor_id: z
    .string()
    .nullable()
    .describe("Null for a user without a visitor token, and for a server with a secret key"),
  user_id: z
    .string()
    .nullable()
    .describe("The platform's own id of the user whose token was shown"),
  expires_at: timestamp
    .nullable()
    .describe("When the first of the shown proofs expires; null: never"),
};
const visitorToken = z
  .string()
  .exactOptional()
  .describe("For a new visitor only. Keep it: it proves next time that you are the same one");

/** The frames of one turn; `turnFrame` of the core makes them. */
export const turnFrames = [
  defineFrame(
    "response_start",
    {
      description: "The answer begins. With a higher `attempt` than before, begin its text afresh.",
    },
    z.object({ message_id: messageId, chat_id: chatId, ...place }),
    [{ ...turn, attempt: 1, cursor: "1-0" }],
  ),
  defineFrame(
    "response_chunk",
    { description: "A piece of the answer. Put it at its `offset`." },
    z.object({
      message_id: messageId,
      content: z.string(),
      chat_id: chatId,
      offset: z.int().min(0).describe("Place in the text of this attempt, in UTF-16 units"),
      ...place,
    }),
    [{ message_id, content: "Sow them in May", chat_id, offset: 0, attempt: 1, cursor: "1-15" }],
  ),
  defineFrame(
    "response_complete",
    { description: "The answer is finished, and stored equal to the byte." },
    z.object({
      message_id: messageId,
      total_tokens: z.int().min(0),
      cost_estimate: z.number().min(0).describe("US dollars"),
      sources: z.array(sourceSchema).readonly(),
      citations: z.array(citationSchema).readonly(),
      total_chunks: z
        .int()
        .min(0)
        .describe("`response_chunk` frames of this message and attempt on this connection"),
      chat_id: chatId,
      finish_reason: z.enum(["stop", "length", "cancelled", "content_filter"]),
      model: z.string(),
      usage_estimated: z.boolean().describe("Whether the tokens were counted by us"),
      degraded: z
        .array(z.string())
        .readonly()
        .describe("What the answer had to do without, such as `model_unavailable`"),
      ...place,
    }),
    [
      {
        message_id,
        total_tokens: 412,
        cost_estimate: 0.00021,
        sources: [],
        citations: [],
        total_chunks: 1,
        chat_id,
        finish_reason: "stop",
        model: "gpt-4o-mini",
        usage_estimated: false,
        degraded: [],
        attempt: 1,
        cursor: "1-end",
      },
    ],
  ),
  defineFrame(
    "error",
    {
      name: "turn_error",
      title: "error, of a turn",
      description:
        "The turn has failed, and keeps the text that was published. Its `cursor` tells it from the refusal of a frame.",
    },
    z.object({
      message: z.string(),
      error_code: errorCode,
      message_id: messageId,
      chat_id: chatId,
      total_chunks: z.int().min(0),
      ...place,
    }),
    [
      {
        message: "The language model broke off",
        error_code: "MODEL_UNAVAILABLE",
        ...turn,
        total_chunks: 1,
        attempt: 1,
        cursor: "1-end",
      },
    ],
  ),
] as const;

/** Every frame that the server sends. A further one is one more entry. */
export const serverFrames = [
  defineFrame(
    "connection_established",
    { description: "Welcomes who has shown what the tenant asks for." },
    z.object({
      client_id: z.string().describe("As asked for, or made by the server"),
      tenant_id: z.string(),
      timestamp: timestamp.describe("The server's time"),
      ...person,
      visitor_token: visitorToken,
    }),
    [
      {
        client_id: "client_4b7w",
        tenant_id: "miptech-company",
        timestamp: "2026-01-01T12:00:00.000Z",
        visitor_id: "vis_2n5c",
        user_id: null,
        expires_at: "2026-04-01T12:00:00.000Z",
        visitor_token: "eyJhbGciOi…",
      },
    ],
  ),
  defineFrame(
    "authenticated",
    { description: "Answers `auth` on a connection that was good already." },
    z.object({ ...person, visitor_token: visitorToken }),
    [{ visitor_id: null, user_id: "user_8r1v", expires_at: later }],
  ),
  defineFrame(
    "token_expiring",
    {
      description:
        "Comes 30 seconds before the first proof expires. The connection is closed then (4401), unless an `auth` frame comes before.",
    },
    z.object({ expires_at: timestamp }),
    [{ expires_at: later }],
  ),
  defineFrame(
    "processing",
    { description: "The question is stored: it will be answered, whatever becomes of the line." },
    z.object({
      message: z.string(),
      chat_id: chatId,
      message_id: messageId,
      question_id: z.string(),
      client_message_id: z.string().nullable(),
    }),
    [
      {
        message: "Processing your request...",
        chat_id,
        message_id,
        question_id: "msg_0q7w3x9t4z6b2n5c1d5m2k8r1v",
        client_message_id,
      },
    ],
  ),
  ...turnFrames,
  ...chatFrames,
  defineFrame(
    "unsubscribed",
    { description: "Answers `unsubscribe`: nothing more comes of the chat." },
    z.object({ chat_id: chatId }),
    [{ chat_id }],
  ),
  defineFrame(
    "branch_chosen",
    { description: "Answers `choose_branch`. The history shows that message now." },
    z.object({
      message_id: z.string(),
      chat_id: chatId,
      parent_id: z
        .string()
        .nullable()
        .describe("The message behind which the history is another now; null: from its start"),
    }),
    [{ ...turn, parent_id: "msg_0q7w3x9t4z6b2n5c1d5m2k8r1v" }],
  ),
  defineFrame(
    "feedback_saved",
    { description: "Answers `feedback`." },
    z.object({
      message_id: messageId,
      chat_id: chatId,
      rating: z.enum(["up", "down"]).nullable(),
    }),
    [{ ...turn, rating: "up" }],
  ),
  defineFrame(
    "pong",
    { description: "Answers `ping`." },
    z.object({ timestamp: timestamp.describe("The server's time") }),
    [{ timestamp: later }],
  ),
  defineFrame(
    "rate_limit_exceeded",
    { description: "The frame was not looked at: wait, then send it again." },
    z.object({ message: z.string(), retry_after: retryAfter, ...frameOrigin }),
    [{ message: "Too many requests", retry_after: 12, client_message_id }],
  ),
  defineFrame(
    "error",
    {
      description:
        "A frame is refused, or the connection is, which is then closed right behind this. It carries what the refused frame named. A turn that is under way goes on.",
    },
    z.object({
      message: z.string(),
      error_code: errorCode,
      retry_after: retryAfter.exactOptional(),
      ...frameOrigin,
    }),
    [{ message: "Message not found", error_code: "MESSAGE_NOT_FOUND", message_id }],
  ),
  defineFrame(
    "reconnect",
    {
      description:
        "The server goes down or restarts, and closes the connection next (1012): come back and resume.",
    },
    z.object({ message: z.string(), retry_after: retryAfter }),
    [{ message: "The server restarts: come back and resume", retry_after: 1 }],
  ),
] as const;
