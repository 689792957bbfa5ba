import { createRoute, z } from "@hono/zod-openapi";
import type { Caller } from "../core/caller.ts";
import { deleteChat } from "../core/cancel-turn.ts";
import { chatNotFound, createChat, listChats, openChat, renameChat, type NewChat } from "../core/chats.ts";
import type { VisitorTokens } from "../core/ports.ts";
import { newId } from "../core/ids.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { createChatSchema, isId, renameChatSchema } from "./fields.ts";
import { callerErrors, callerParameters, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { chatSchema, newChatSchema, pageOf, pageQuery, wireChat, wirePage } from "./wire.ts";

const tags = ["chat"];
const params = z.object({ chat_id: z.string() });

export const chatIdParams = params;

/** @throws AppError CHAT_NOT_FOUND for what can't be an id */
export function readChatId({ chat_id }: z.infer<typeof params>): string {
  if (!isId(chat_id)) throw chatNotFound();
  return chat_id;
}

/** POST, GET /chat and GET, PATCH, DELETE /chat/{chat_id} */
export function addChats(rest: Rest, deps: RestDeps): void {
  const { chats } = deps.reader;
  const path = `${deps.apiPrefix}/chat`;
  const onePath = `${path}/{chat_id}` as const;
  const parameters = callerParameters;

  const create = createRoute({
    method: "post",
    path,
    tags,
    parameters,
    summary: "Make a chat",
    description: "A caller without a visitor token becomes a new visitor, whose token is in the answer.",
    middleware: readJsonBody,
    request: { body: jsonBody(createChatSchema) },
    responses: { 201: jsonResponse("The new chat", newChatSchema), ...callerErrors("INVALID_REQUEST") },
  });
  rest.openapi(create, async (c) => {
    const body = c.req.valid("json");
    const { owner, token } = await findOwner(deps.gate.visitorTokens, c.var.caller);
    const fields: NewChat = {
      title: body.title ?? undefined,
      userId: body.user_id ?? undefined,
      visitorId: body.visitor_id ?? undefined,
      context: body.context ?? undefined,
    };
    const chat = await createChat(chats, owner, fields, new Date(deps.reader.clock.now()));
    c.header("Location", `${path}/${chat.id}`);
    return c.json({ ...wireChat(chat), ...(token ? { visitor_token: token } : {}) }, 201, noStore);
  });

  const list = createRoute({
    method: "get",
    path,
    tags,
    parameters,
    summary: "List the visitor's own chats, newest first",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of chats", pageOf(chatSchema, "ChatPage")),
      ...callerErrors("INVALID_REQUEST", "INVALID_CURSOR", "VISITOR_TOKEN_REQUIRED"),
    },
  });
  rest.openapi(list, async (c) => {
    const page = await listChats(chats, c.var.caller, c.req.valid("query"));
    return c.json(wirePage(page, wireChat), 200, noStore);
  });

  const get = createRoute({
    method: "get",
    path: onePath,
    tags,
    parameters,
    summary: "Get a chat",
    request: { params },
    responses: { 200: jsonResponse("The chat", chatSchema), ...callerErrors("CHAT_NOT_FOUND") },
  });
  rest.openapi(get, async (c) => {
    const chat = await openChat(chats, c.var.caller, readChatId(c.req.valid("param")));
    return c.json(wireChat(chat), 200, noStore);
  });

  const rename = createRoute({
    method: "patch",
    path: onePath,
    tags,
    parameters,
    summary: "Rename a chat",
    middleware: readJsonBody,
    request: { params, body: jsonBody(renameChatSchema) },
    responses: { 200: jsonResponse("The chat", chatSchema), ...callerErrors("INVALID_REQUEST", "CHAT_NOT_FOUND") },
  });
  rest.openapi(rename, async (c) => {
    const { title } = c.req.valid("json");
    const chat = await renameChat(chats, c.var.caller, readChatId(c.req.valid("param")), title);
    return c.json(wireChat(chat), 200, noStore);
  });

  const remove = createRoute({
    method: "delete",
    path: onePath,
    tags,
    parameters,
    summary: "Delete a chat with its messages",
    description: "What is under way in it is stopped.",
    request: { params },
    responses: { 204: { description: "The chat is gone" }, ...callerErrors("CHAT_NOT_FOUND") },
  });
  rest.openapi(remove, async (c) => {
    await deleteChat(deps.start, c.var.caller, readChatId(c.req.valid("param")));
    return c.body(null, 204);
  });
}

/** A chat always has a proven visitor: who comes without a token becomes one, and is given the proof. */
async function findOwner(tokens: VisitorTokens, caller: Caller): Promise<{ owner: Caller; token: string | undefined }> {
  if (caller.visitorId) return { owner: caller, token: undefined };
  const visitorId = newId("vis");
  const token = await tokens.issue(caller.tenant.id, visitorId);
  return { owner: { ...caller, visitorId }, token };
}
