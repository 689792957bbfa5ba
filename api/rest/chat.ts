import { createRoute } from "@hono/zod-openapi";
import { deleteChat } from "../core/turns/cancel-turn.ts";
import { openChat, renameChat } from "../core/chats.ts";
import { wireChat } from "../core/wire-message.ts";
import { receiptHeader, receiptHeaders } from "./admin-erasures.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { renameChatSchema } from "./fields.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { chatSchema } from "./wire.ts";

const common = { tags: ["chat"], ...callerAccess };

/** GET, PATCH and DELETE /chat/{chat_id} */
export function addChat(rest: Rest, deps: RestDeps): void {
  const { chats } = deps.reader;
  const deleting = { ...deps.start, audit: deps.admin.audit };
  const path = `${deps.apiPrefix}/chat/{chat_id}` as const;

  const get = createRoute({
    ...common,
    method: "get",
    path,
    summary: "Get a chat",
    request: { params: chatIdParams },
    responses: { 200: jsonResponse("The chat", chatSchema), ...callerErrors("CHAT_NOT_FOUND") },
  });
  rest.openapi(get, async (c) => {
    const chat = await openChat(chats, c.var.caller, c.req.valid("param").chat_id);
    return c.json(wireChat(chat), 200, noStore);
  });

  const rename = createRoute({
    ...common,
    method: "patch",
    path,
    summary: "Rename a chat",
    middleware: readJsonBody,
    request: { params: chatIdParams, body: jsonBody(renameChatSchema) },
    responses: {
      200: jsonResponse("The chat", chatSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON", "CHAT_NOT_FOUND"),
    },
  });
  rest.openapi(rename, async (c) => {
    const id = c.req.valid("param").chat_id;
    const chat = await renameChat(chats, c.var.caller, id, c.req.valid("json").title);
    return c.json(wireChat(chat), 200, noStore);
  });

  const remove = createRoute({
    ...common,
    method: "delete",
    path,
    summary: "Delete a chat with its messages",
    description: "What is under way in it is stopped.",
    request: { params: chatIdParams },
    responses: {
      204: { description: "The chat is gone", headers: receiptHeaders },
      ...callerErrors("CHAT_NOT_FOUND"),
    },
  });
  rest.openapi(remove, async (c) => {
    const receipt = await deleteChat(deleting, c.var.caller, c.req.valid("param").chat_id);
    c.header(receiptHeader, receipt);
    return c.body(null, 204);
  });
}
