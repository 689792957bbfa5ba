import { z } from "zod";
import { defineFrame } from "./define-frame.ts";

const id = z.string().min(1).max(128);
const messageId = id.describe("The id of an answer, as `processing` gave it");

/** A name that the client chooses: no control characters. */
const label = z
  .string()
  .regex(
    /^[^\p{Cc}\p{Cs}]{1,128}$/u,
    "1 to 128 characters without control characters are expected",
  );

const stream = z
  .boolean()
  .nullish()
  .describe("False: the same frames, with the whole text in one `response_chunk`. Default true");

const proof = z.string().min(1).nullish();

export const authDataSchema = z
  .object({
    token: proof.describe("Of any kind: a user's, a visitor's, an API key, the admin's"),
    api_key: proof,
    visitor_token: proof,
    ticket: proof.describe("Of `POST …/auth/ticket`: good for one connection, for 30 seconds"),
  })
  .refine((data) => Object.values(data).some((given) => given !== undefined && given !== null), {
    message: "at least one of token, api_key, visitor_token and ticket is expected",
  })
  // What the check above says, for JSON Schema.
  .meta({
    anyOf: ["token", "api_key", "visitor_token", "ticket"].map((name) => ({
      required: [name],
      properties: { [name]: { type: "string" } },
    })),
  });

/** What comes of a turn. */
const turn = ["processing", "response_start", "response_chunk", "response_complete", "turn_error"];

const exampleMessage = "msg_9c4e1kq0v7w3x5t8z2b6n4m1ad";
const exampleChat = "chat_5m2k8r1v0q7w3x9t4z6b2n5c1d";

/** Every frame that a client may send. A further one is one more entry. */
export const clientFrames = [
  defineFrame(
    "ping",
    {
      description: "Asks for a sign of life; it counts against no limit.",
      answers: ["pong"],
    },
    z.object({}).optional(),
    [undefined, {}],
  ),
  defineFrame(
    "auth",
    {
      description:
        "Shows who you are, or renews it. `connection_established` answers where it was waited for, else `authenticated`.",
      answers: ["connection_established", "authenticated"],
    },
    authDataSchema,
    [{ token: "eyJhbGciOi…" }, { api_key: "pk_…", visitor_token: "eyJhbGciOi…" }],
  ),
  defineFrame(
    "chat_message",
    {
      description:
        "Asks a question. Its turn begins with `processing`, and ends in exactly one `response_complete` or `turn_error`.",
      answers: turn,
    },
    z.object({
      message: z.string().describe("At most 16,000 characters"),
      chat_id: id
        .nullish()
        .describe(
          "Left out: the chat of this connection's last message, or a new one. Null: a new one",
        ),
      stream,
      client_message_id: label
        .nullish()
        .describe(
          "Unique per caller: sent again, it finds the same turn and never asks twice. 1 to 128 characters without control characters",
        ),
    }),
    [
      { message: "When do I sow beans?" },
      {
        message: "And how deep?",
        chat_id: exampleChat,
        client_message_id: "7d1f2c1e-5f0a-4f0e-9b0a-3c5d8e2a1b4c",
      },
    ],
  ),
  defineFrame(
    "resume",
    {
      description:
        "Sends every event of a turn behind the cursor, or all of them: after a reconnect, in another tab, on another device.",
      answers: turn.slice(1),
    },
    z.object({
      message_id: messageId,
      cursor: z.string().max(64).nullish().describe("The last one seen; left out: from the start"),
      stream,
    }),
    [{ message_id: exampleMessage, cursor: "1-42" }],
  ),
  defineFrame(
    "cancel",
    {
      description:
        "Stops a turn. It ends with `finish_reason` `cancelled`, and keeps the text so far; nothing else answers.",
    },
    z.object({ message_id: messageId }),
    [{ message_id: exampleMessage }],
  ),
  defineFrame(
    "regenerate",
    {
      description:
        "Asks for another answer to the same question. It is shown in place of that one from now on; what was shown before is kept as a branch. It counts as a message.",
      answers: turn,
    },
    z.object({
      message_id: id.describe("An answer that has ended"),
      stream,
      client_message_id: label.nullish().describe("As in `chat_message`"),
    }),
    [{ message_id: exampleMessage }],
  ),
  defineFrame(
    "edit",
    {
      description:
        "Asks another question in place of one. It is shown with its answer from now on; what was shown before is kept as a branch. It counts as a message.",
      answers: turn,
    },
    z.object({
      message_id: id.describe("The question, as `processing` gave it in `question_id`"),
      message: z.string().describe("At most 16,000 characters"),
      stream,
      client_message_id: label.nullish().describe("As in `chat_message`"),
    }),
    [{ message_id: exampleMessage, message: "When do I sow peas?" }],
  ),
  defineFrame(
    "choose_branch",
    {
      description:
        "Shows the branch of a message: that one, what is before it, and below it what was asked and answered last.",
      answers: ["branch_chosen"],
    },
    z.object({ message_id: id.describe("A question or an answer") }),
    [{ message_id: exampleMessage }],
  ),
  defineFrame(
    "feedback",
    { description: "Rates an answer that has ended.", answers: ["feedback_saved"] },
    z.object({
      message_id: messageId,
      rating: z.enum(["up", "down"]).nullable().describe("Null takes the feedback back"),
      comment: z.string().nullish().describe("At most 1,000 characters"),
    }),
    [{ message_id: exampleMessage, rating: "up" }],
  ),
  defineFrame(
    "subscribe",
    {
      description:
        "Follows a chat: its new messages, its turns, its title, its ratings and its end, whoever makes them and wherever. At most 20 chats on a connection; one that is followed already is followed from the new place.",
      answers: ["subscribed"],
    },
    z.object({
      chat_id: id,
      after: z.string().max(256).nullish().describe("The last `place` seen; left out: from now on"),
    }),
    [{ chat_id: exampleChat }, { chat_id: exampleChat, after: "r12" }],
  ),
  defineFrame(
    "unsubscribe",
    {
      description:
        "Follows the chat no longer. `CHAT_NOT_FOUND` when this connection doesn't follow it.",
      answers: ["unsubscribed"],
    },
    z.object({ chat_id: id }),
    [{ chat_id: exampleChat }],
  ),
] as const;

/** Every frame that a client may send. */
export const clientFrameSchema = z.discriminatedUnion("type", clientFrames);
