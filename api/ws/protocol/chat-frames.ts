import { z } from "zod";
import { defineFrame } from "./define-frame.ts";
import { chatSchema, messageSchema } from "./message-schema.ts";
import { chatId, chatPlace } from "./parts.ts";

const chat_id = "chat_5m2k8r1v0q7w3x9t4z6b2n5c1d";
const created = "2026-01-01T12:00:00.000Z";
const question: z.infer<typeof messageSchema> = {
  id: "msg_0q7w3x9t4z6b2n5c1d5m2k8r1v",
  chat_id,
  role: "user",
  content: "When do I sow beans?",
  message_type: "text",
  status: "complete",
  created_at: created,
  client_message_id: null,
  reply_to: null,
  parent_id: null,
  chosen: true,
  variants: { index: 1, count: 1, previous_id: null, next_id: null },
  attempt: null,
  finish_reason: null,
  total_tokens: null,
  cost_estimate: null,
  sources: null,
  citations: null,
  model: null,
  degraded: null,
  feedback: null,
  error: null,
};

/**
 * What those are sent who follow a chat, beside the frames of the turn under way; `chatFrame` of the core makes them.
 * Each tells how something stands now.
 */
export const chatFrames = [
  defineFrame(
    "subscribed",
    {
      description:
        "Answers `subscribe`: from here on nothing in the chat is missed. Read the history after it, not before.",
    },
    z.object({ chat_id: chatId, place: chatPlace }),
    [{ chat_id, place: "r12" }],
  ),
  defineFrame(
    "message_changed",
    {
      description:
        "A message is new, or has changed: a question was asked, an answer has ended or was rated. This is how it stands now.",
    },
    z.object({ chat_id: chatId, message: messageSchema, place: chatPlace }),
    [{ chat_id, message: question, place: "r13" }],
  ),
  defineFrame(
    "chat_changed",
    { description: "The chat has another title." },
    z.object({ chat_id: chatId, chat: chatSchema, place: chatPlace }),
    [
      {
        chat_id,
        chat: {
          id: chat_id,
          title: "Beans",
          user_id: null,
          visitor_id: null,
          context: {},
          created_at: created,
          updated_at: created,
        },
        place: "r14",
      },
    ],
  ),
  defineFrame(
    "branch_changed",
    {
      description:
        "Another branch is shown: behind the message `parent_id` the history goes on with these messages now.",
    },
    z.object({
      chat_id: chatId,
      parent_id: z.string().nullable().describe("Null: from the beginning of the chat"),
      messages: z.array(messageSchema).describe("At most 100, in order"),
      has_more: z.boolean().describe("Whether there are more: read them from the history"),
      place: chatPlace,
    }),
    [{ chat_id, parent_id: null, messages: [question], has_more: false, place: "r15" }],
  ),
  defineFrame(
    "chat_reset",
    {
      description:
        "The place was too old, and what has happened since is no longer known: read the history anew. It goes on from here.",
    },
    z.object({ chat_id: chatId, place: chatPlace }),
    [{ chat_id, place: "r1204" }],
  ),
  defineFrame(
    "chat_deleted",
    { description: "The chat was deleted. Nothing more comes of it." },
    z.object({ chat_id: chatId, place: chatPlace }),
    [{ chat_id, place: "r16" }],
  ),
] as const;
