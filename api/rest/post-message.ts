import { createRoute, z } from "@hono/zod-openapi";
import { AppError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import { reconnectFrame } from "../core/restart.ts";
import { readTurn } from "../core/turns/read-turn.ts";
import { startTurn } from "../core/turns/start-turn.ts";
import type { Tenant } from "../core/tenant.ts";
import type { TurnRef } from "../core/turns/turn-event.ts";
import { chooseAnswer } from "./accept.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { idempotencyKeyField, postMessageSchema } from "./fields.ts";
import { messageNotFound } from "./messages.ts";
import {
  callerAccess,
  callerErrors,
  eventStreamResponse,
  jsonBody,
  jsonResponse,
  noStore,
} from "./operation.ts";
import { openStreamAccess } from "./stream-access.ts";
import { streamTurns, type PlacedEvent } from "./turn-stream.ts";
import { turnSchema, wireMessage } from "./wire.ts";

const description = `Answers when the turn has ended, with the stored question and its answer. A turn that ended in an
error is answered with 200 too: the question is stored, and \`reply\` says in \`status\` and \`error\` what became of it.

- \`Accept: text/event-stream\`: the turn's events from its start, as they happen.
- \`Prefer: respond-async\`: 202 at once, with the place of the events in \`Location\`.

The turn belongs to the platform: it goes on when its caller leaves. Whoever didn't get the answer sends the same request with
the same \`Idempotency-Key\` again, and finds the same turn: at its end, or where it stands.`;

const errors = callerErrors(
  "INVALID_REQUEST",
  "INVALID_JSON",
  "FEATURE_DISABLED",
  "CHAT_NOT_FOUND",
  "NOT_ACCEPTABLE",
  "CHAT_BUSY",
  "IDEMPOTENCY_CONFLICT",
  "PAYLOAD_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "QUOTA_EXCEEDED",
  "TOO_MANY_CONNECTIONS",
);

/** POST /chat/{chat_id}/messages */
export function addPostMessage(rest: Rest, deps: RestDeps): void {
  const post = createRoute({
    method: "post",
    path: `${deps.apiPrefix}/chat/{chat_id}/messages` as const,
    tags: ["messages"],
    ...callerAccess,
    summary: "Ask a question",
    description,
    middleware: readJsonBody,
    request: {
      params: chatIdParams,
      headers: z.object({ "idempotency-key": idempotencyKeyField }),
      body: jsonBody(postMessageSchema),
    },
    responses: {
      200: {
        description: "The ended turn, or its events",
        content: { "application/json": { schema: turnSchema }, ...eventStreamResponse.content },
      },
      202: jsonResponse("The turn is under way", turnSchema),
      ...errors,
    },
  });
  rest.openapi(post, async (c) => {
    const { caller } = c.var;
    const { tenant } = caller;
    const chatId = c.req.valid("param").chat_id;
    const mode = chooseAnswer(c.req.header("accept"), c.req.header("prefer"));
    const { content, message_type: messageType, client_message_id } = c.req.valid("json");
    const clientMessageId = agree(client_message_id, c.req.valid("header")["idempotency-key"]);
    const asked = { chatId, content, messageType, clientMessageId };
    const access = mode === "events" ? await openStreamAccess(c, deps) : undefined;
    const { question, answer } = await startTurn(deps.start, caller, asked).catch(
      (error: unknown) => {
        access?.close();
        throw error;
      },
    );
    const message = wireMessage(question);
    const turn: TurnRef = { tenantId: tenant.id, chatId, messageId: answer.id };
    if (access) {
      const read = (signal: AbortSignal) => readPlaced(deps, tenant, turn, signal);
      return streamTurns(c, deps, access, { read, isEndless: false });
    }
    if (mode === "at once") {
      c.header("Preference-Applied", "respond-async");
      c.header("Location", `${deps.apiPrefix}/chat/${chatId}/events?last_event_id=${answer.id}`);
      return c.json({ message, reply: wireMessage(answer) }, 202, noStore);
    }
    const ended = answer.ending ? answer : await waitForEnd(deps, tenant, turn, c.req.raw.signal);
    return c.json({ message, reply: wireMessage(ended) }, 200, noStore);
  });
}

/** @throws AppError INVALID_REQUEST when they differ */
function agree(inBody: string | null | undefined, inHeader: string | undefined) {
  if (inBody && inHeader && inBody !== inHeader) {
    const text = "client_message_id: it differs from the header Idempotency-Key";
    throw new AppError("INVALID_REQUEST", text);
  }
  return inHeader ?? inBody ?? undefined;
}

async function* readPlaced(
  { reader }: RestDeps,
  tenant: Tenant,
  turn: TurnRef,
  signal: AbortSignal,
): AsyncGenerator<PlacedEvent, void, undefined> {
  for await (const event of readTurn(reader, tenant, turn, undefined, signal)) {
    yield { turn, event };
  }
}

/**
 * The answer, once its turn has ended. Ends early, with the answer as it stands, when the caller has left.
 * @throws AppError SERVICE_UNAVAILABLE when the server goes down first: the turn goes on elsewhere
 */
async function waitForEnd(
  { reader, stopping }: RestDeps,
  tenant: Tenant,
  turn: TurnRef,
  left: AbortSignal,
): Promise<Message> {
  const signal = AbortSignal.any([left, stopping]);
  let hasEnded = false;
  for await (const { type } of readTurn(reader, tenant, turn, undefined, signal)) {
    hasEnded = type === "end";
  }
  if (stopping.aborted && !hasEnded) {
    const text = "The server restarts: send the same again with the same Idempotency-Key";
    const retryAfter = reconnectFrame.data.retry_after;
    throw new AppError("SERVICE_UNAVAILABLE", text, { retryAfter });
  }
  const answer = await reader.chats.findMessage(tenant, turn.messageId);
  if (!answer) throw messageNotFound();
  return answer;
}
