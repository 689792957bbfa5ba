import { createRoute, z } from "@hono/zod-openapi";
import { openMessage, showMessage } from "../core/chats.ts";
import { giveFeedback } from "../core/feedback.ts";
import { wireMessage } from "../core/wire-message.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { feedbackSchema } from "./fields.ts";
import { messageNotFound } from "./messages.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { messageSchema } from "./wire.ts";

/** PUT /chat/{chat_id}/messages/{message_id}/feedback */
export function addFeedback(rest: Rest, { apiPrefix, reader }: RestDeps): void {
  const { chats } = reader;
  const give = createRoute({
    method: "put",
    path: `${apiPrefix}/chat/{chat_id}/messages/{message_id}/feedback` as const,
    tags: ["messages"],
    ...callerAccess,
    summary: "Rate an answer",
    description: "In place of what was said before. Only an answer that has ended can be rated.",
    middleware: readJsonBody,
    request: {
      params: chatIdParams.extend({ message_id: z.string() }),
      body: jsonBody(feedbackSchema),
    },
    responses: {
      200: jsonResponse("The rated answer", messageSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON", "MESSAGE_NOT_FOUND"),
    },
  });
  rest.openapi(give, async (c) => {
    const { caller } = c.var;
    const { chat_id, message_id } = c.req.valid("param");
    const message = await openMessage(chats, caller, message_id);
    if (message.chatId !== chat_id) throw messageNotFound();
    const { rating, comment = null } = c.req.valid("json");
    const feedback = rating && { rating, comment };
    const rated = await giveFeedback(chats, caller, message.id, feedback);
    const shown = await showMessage(chats, caller.tenant, rated);
    return c.json(wireMessage(shown), 200, noStore);
  });
}
