import { createRoute } from "@hono/zod-openapi";
import { AppError } from "../core/errors.ts";
import { startTurn } from "../core/turns/start-turn.ts";
import { answerTurn, turnDescription, turnHeaders, turnResponses } from "./answer-turn.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { postMessageSchema } from "./fields.ts";
import { callerAccess, jsonBody } from "./operation.ts";

/** POST /chat/{chat_id}/messages */
export function addPostMessage(rest: Rest, deps: RestDeps): void {
  const post = createRoute({
    method: "post",
    path: `${deps.apiPrefix}/chat/{chat_id}/messages` as const,
    tags: ["messages"],
    ...callerAccess,
    summary: "Ask a question",
    description: turnDescription,
    middleware: readJsonBody,
    request: {
      params: chatIdParams,
      headers: turnHeaders,
      body: jsonBody(postMessageSchema),
    },
    responses: turnResponses,
  });
  rest.openapi(post, async (c) => {
    const chatId = c.req.valid("param").chat_id;
    const { content, message_type: messageType, client_message_id } = c.req.valid("json");
    const clientMessageId = agree(client_message_id, c.req.valid("header")["idempotency-key"]);
    const asked = { chatId, content, messageType, clientMessageId };
    return answerTurn(c, deps, () => startTurn(deps.start, c.var.caller, asked));
  });
}

/** @throws AppError INVALID_REQUEST when they differ */
export function agree(inBody: string | null | undefined, inHeader: string | undefined) {
  if (inBody && inHeader && inBody !== inHeader) {
    const text = "client_message_id: it differs from the header Idempotency-Key";
    throw new AppError("INVALID_REQUEST", text);
  }
  return inHeader ?? inBody ?? undefined;
}
