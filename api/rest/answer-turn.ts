import { z } from "@hono/zod-openapi";
import { showMessages } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import { reconnectFrame } from "../core/restart.ts";
import type { Tenant } from "../core/tenant.ts";
import { readTurn } from "../core/turns/read-turn.ts";
import type { TurnRef } from "../core/turns/turn-event.ts";
import type { SavedTurn } from "../core/turns/turn-store.ts";
import { wireMessage } from "../core/wire-message.ts";
import { chooseAnswer } from "./accept.ts";
import type { RestDeps } from "./deps.ts";
import type { HttpContext } from "./env.ts";
import { idempotencyKeyField } from "./fields.ts";
import { messageNotFound } from "./messages.ts";
import { callerErrors, eventStreamResponse, jsonResponse, noStore } from "./operation.ts";
import { openStreamAccess } from "./stream-access.ts";
import { streamTurns, type PlacedEvent } from "./turn-stream.ts";
import { turnSchema } from "./wire.ts";

/** What the operations that begin a turn have in common. */

export const turnDescription = `Answers when the turn has ended, with the stored question and its answer. A turn that ended in an
error is answered with 200 too: the question is stored, and \`reply\` says in \`status\` and \`error\` what became of it.

- \`Accept: text/event-stream\`: the turn's events from its start, as they happen.
- \`Prefer: respond-async\`: 202 at once, with the place of the events in \`Location\`.

The turn belongs to the platform: it goes on when its caller leaves. Whoever didn't get the answer sends the same request with
the same \`Idempotency-Key\` again, and finds the same turn: at its end, or where it stands.`;

export const turnHeaders = z.object({ "idempotency-key": idempotencyKeyField });

export const turnResponses = {
  200: {
    description: "The ended turn, or its events",
    content: { "application/json": { schema: turnSchema }, ...eventStreamResponse.content },
  },
  202: jsonResponse("The turn is under way", turnSchema),
  ...callerErrors(
    "INVALID_REQUEST",
    "INVALID_JSON",
    "FEATURE_DISABLED",
    "CHAT_NOT_FOUND",
    "MESSAGE_NOT_FOUND",
    "NOT_ACCEPTABLE",
    "CHAT_BUSY",
    "IDEMPOTENCY_CONFLICT",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "QUOTA_EXCEEDED",
    "TOO_MANY_CONNECTIONS",
  ),
};

/** Begins a turn and answers as the caller asked for. @throws AppError NOT_ACCEPTABLE, and what `start` throws */
export async function answerTurn(c: HttpContext, deps: RestDeps, start: () => Promise<SavedTurn>) {
  const { tenant } = c.var.caller;
  const mode = chooseAnswer(c.req.header("accept"), c.req.header("prefer"));
  const access = mode === "events" ? await openStreamAccess(c, deps) : undefined;
  const { question, answer } = await start().catch((error: unknown) => {
    access?.close();
    throw error;
  });
  const { chatId } = answer;
  const turn: TurnRef = { tenantId: tenant.id, chatId, messageId: answer.id };
  if (access) {
    const read = (signal: AbortSignal) => readPlaced(deps, tenant, turn, signal);
    return streamTurns(c, deps, access, { read, isEndless: false });
  }
  if (mode === "at once") {
    c.header("Preference-Applied", "respond-async");
    c.header("Location", `${deps.apiPrefix}/chat/${chatId}/events?last_event_id=${answer.id}`);
    return c.json(await wireTurn(deps, tenant, question, answer), 202, noStore);
  }
  const ended = answer.ending ? answer : await waitForEnd(deps, tenant, turn, c.req.raw.signal);
  return c.json(await wireTurn(deps, tenant, question, ended), 200, noStore);
}

async function wireTurn(
  { reader }: RestDeps,
  tenant: Tenant,
  question: Message,
  answer: Message,
): Promise<z.infer<typeof turnSchema>> {
  const shown = await showMessages(reader.chats, tenant, [question, answer]);
  const [message, reply] = shown.map(wireMessage);
  if (!message || !reply) throw messageNotFound();
  return { message, reply };
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
