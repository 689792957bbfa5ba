import { createRoute, z } from "@hono/zod-openapi";
import { cancelTurn } from "../core/cancel-turn.ts";
import { listMessages, openMessage } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import { readTurn } from "../core/read-turn.ts";
import { startTurn } from "../core/start-turn.ts";
import type { Tenant } from "../core/tenant.ts";
import type { TurnRef } from "../core/turn-event.ts";
import { chooseAnswer } from "./accept.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams, readChatId } from "./chats.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { isId, postMessageSchema } from "./fields.ts";
import { callerErrors, callerParameters, eventStreamResponse, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { streamTurns } from "./turn-stream.ts";
import { messageSchema, pageOf, pageQuery, turnSchema, wireMessage, wirePage } from "./wire.ts";

const tags = ["messages"];

const postDescription = `Answers when the turn has ended, with the stored question and its answer. A turn that ended in an
error is answered with 200 too: the question is stored, and \`reply\` says in \`status\` and \`error\` what became of it.

- \`Accept: text/event-stream\`: the turn's events from its start, as they happen.
- \`Prefer: respond-async\`: 202 at once, with the place of the events in \`Location\`.

The turn belongs to the platform: it goes on when its caller leaves.`;

/** POST, GET /chat/{chat_id}/messages and POST /chat/{chat_id}/messages/{message_id}/cancel */
export function addMessages(rest: Rest, deps: RestDeps): void {
  const path = `${deps.apiPrefix}/chat/{chat_id}/messages` as const;
  const parameters = callerParameters;

  const post = createRoute({
    method: "post",
    path,
    tags,
    parameters,
    summary: "Ask a question",
    description: postDescription,
    middleware: readJsonBody,
    request: { params: chatIdParams, body: jsonBody(postMessageSchema) },
    responses: {
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
        "NOT_ACCEPTABLE",
        "CHAT_BUSY",
        "IDEMPOTENCY_CONFLICT",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "QUOTA_EXCEEDED",
      ),
    },
  });
  rest.openapi(post, async (c) => {
    const { caller } = c.var;
    const { tenant } = caller;
    const chatId = readChatId(c.req.valid("param"));
    const answerAs = chooseAnswer(c.req.header("accept"), c.req.header("prefer"));
    const body = c.req.valid("json");
    const { question, answer } = await startTurn(deps.start, caller, {
      chatId,
      content: body.content,
      messageType: body.message_type,
      clientMessageId: body.client_message_id ?? undefined,
    });
    const turn: TurnRef = { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
    if (answerAs === "events") return streamTurns(c, deps, (signal) => readPlaced(deps, tenant, turn, signal));
    if (answerAs === "at once") {
      c.header("Preference-Applied", "respond-async");
      c.header("Location", `${deps.apiPrefix}/chat/${turn.chatId}/events?last_event_id=${turn.messageId}`);
      return c.json({ message: wireMessage(question), reply: wireMessage(answer) }, 202, noStore);
    }
    const ended = await waitForEnd(deps, tenant, turn, c.req.raw.signal);
    return c.json({ message: wireMessage(question), reply: wireMessage(ended) }, 200, noStore);
  });

  const list = createRoute({
    method: "get",
    path,
    tags,
    parameters,
    summary: "List a chat's messages, oldest first",
    request: { params: chatIdParams, query: pageQuery },
    responses: {
      200: jsonResponse("A page of messages", pageOf(messageSchema, "MessagePage")),
      ...callerErrors("INVALID_REQUEST", "INVALID_CURSOR", "CHAT_NOT_FOUND"),
    },
  });
  rest.openapi(list, async (c) => {
    const chatId = readChatId(c.req.valid("param"));
    const page = await listMessages(deps.reader.chats, c.var.caller, chatId, c.req.valid("query"));
    return c.json(wirePage(page, wireMessage), 200, noStore);
  });

  const cancel = createRoute({
    method: "post",
    path: `${path}/{message_id}/cancel` as const,
    tags,
    parameters,
    summary: "Stop an answer",
    description: "Its readers see it end as cancelled, with the text so far. One that has ended stays as it is.",
    request: { params: chatIdParams.extend({ message_id: z.string() }) },
    responses: {
      200: jsonResponse("The answer, which had ended already", messageSchema),
      202: jsonResponse("The answer as it stands; it ends as soon as its turn has noticed", messageSchema),
      ...callerErrors("CHAT_NOT_FOUND", "MESSAGE_NOT_FOUND"),
    },
  });
  rest.openapi(cancel, async (c) => {
    const chatId = readChatId(c.req.valid("param"));
    const { message_id } = c.req.valid("param");
    const message = isId(message_id) ? await openMessage(deps.reader.chats, c.var.caller, message_id) : undefined;
    if (message?.chatId !== chatId || message.role !== "assistant") throw messageNotFound();
    const answer = await cancelTurn(deps.start, c.var.caller, message.id);
    return c.json(wireMessage(answer), answer.ending ? 200 : 202, noStore);
  });
}

function messageNotFound(): AppError {
  return new AppError("MESSAGE_NOT_FOUND", "Message not found");
}

async function* readPlaced(deps: RestDeps, tenant: Tenant, turn: TurnRef, signal: AbortSignal) {
  for await (const event of readTurn(deps.reader, tenant, turn, undefined, signal)) yield { turn, event };
}

/**
 * The answer, once its turn has ended. Ends early, with the answer as it stands, when the caller has left.
 * @throws AppError SERVICE_UNAVAILABLE when the server goes down first: the turn is taken up again later
 */
async function waitForEnd(deps: RestDeps, tenant: Tenant, turn: TurnRef, left: AbortSignal): Promise<Message> {
  const signal = AbortSignal.any([left, deps.stopping]);
  const events = readTurn(deps.reader, tenant, turn, undefined, signal);
  let event = await events.next();
  while (!event.done) event = await events.next();
  const answer = await deps.reader.chats.findMessage(tenant, turn.messageId);
  if (!answer) throw messageNotFound();
  if (answer.ending || !deps.stopping.aborted) return answer;
  throw new AppError("SERVICE_UNAVAILABLE", "The server restarts; the answer follows in this chat", { retryAfter: 2 });
}
