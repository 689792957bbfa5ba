import { createRoute, z } from "@hono/zod-openapi";
import { cancelTurn } from "../core/turns/cancel-turn.ts";
import { listMessages, openMessage, showMessage } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import { wireMessage } from "../core/wire-message.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { callerAccess, callerErrors, jsonResponse, noStore } from "./operation.ts";
import { messageSchema, pageOf, pageQuery, wirePage } from "./wire.ts";

const branchesField = z
  .enum(["chosen", "all"])
  .default("chosen")
  .openapi({ description: "Of which branches" });

const common = { tags: ["messages"], ...callerAccess };

/** GET /chat/{chat_id}/messages and POST /chat/{chat_id}/messages/{message_id}/cancel */
export function addMessages(rest: Rest, deps: RestDeps): void {
  const { chats } = deps.reader;
  const path = `${deps.apiPrefix}/chat/{chat_id}/messages` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List a chat's messages, oldest first",
    description:
      "Those of the branch that is shown. `branches=all`: those of all branches, where `parent_id` says what each follows.",
    request: { params: chatIdParams, query: pageQuery.extend({ branches: branchesField }) },
    responses: {
      200: jsonResponse("A page of messages", pageOf(messageSchema, "MessagePage")),
      ...callerErrors("INVALID_REQUEST", "INVALID_CURSOR", "CHAT_NOT_FOUND"),
    },
  });
  rest.openapi(list, async (c) => {
    const chatId = c.req.valid("param").chat_id;
    const { branches, ...request } = c.req.valid("query");
    const page = await listMessages(chats, c.var.caller, chatId, request, branches);
    return c.json(wirePage(page, wireMessage), 200, noStore);
  });

  const cancel = createRoute({
    ...common,
    method: "post",
    path: `${path}/{message_id}/cancel` as const,
    summary: "Stop an answer",
    description:
      "Its readers see it end as cancelled, with the text so far. One that has ended stays as it is.",
    request: { params: chatIdParams.extend({ message_id: z.string() }) },
    responses: {
      200: jsonResponse("The answer, which had ended already", messageSchema),
      202: jsonResponse("The answer as it stands; it ends soon", messageSchema),
      ...callerErrors("CHAT_NOT_FOUND", "MESSAGE_NOT_FOUND"),
    },
  });
  rest.openapi(cancel, async (c) => {
    const chatId = c.req.valid("param").chat_id;
    const { message_id } = c.req.valid("param");
    const message = await openMessage(chats, c.var.caller, message_id);
    if (message.chatId !== chatId || message.role !== "assistant") throw messageNotFound();
    const answer = await cancelTurn(deps.start, c.var.caller, message.id);
    const shown = await showMessage(chats, c.var.caller.tenant, answer);
    return c.json(wireMessage(shown), answer.ending ? 200 : 202, noStore);
  });
}

export function messageNotFound(): AppError {
  return new AppError("MESSAGE_NOT_FOUND", "Message not found");
}
