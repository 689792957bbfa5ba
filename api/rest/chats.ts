import { createRoute } from "@hono/zod-openapi";
import { isNameless, makeVisitor } from "../core/access/visitor.ts";
import { createChat, listChats } from "../core/chats.ts";
import { wireChat } from "../core/wire-message.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { createChatSchema } from "./fields.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { chatSchema, newChatSchema, pageOf, pageQuery, wirePage } from "./wire.ts";

const common = { tags: ["chat"], ...callerAccess };

/** POST and GET /chat */
export function addChats(rest: Rest, deps: RestDeps): void {
  addCreate(rest, deps);
  addList(rest, deps);
}

function addCreate(rest: Rest, { apiPrefix, gate, reader }: RestDeps): void {
  const path = `${apiPrefix}/chat`;
  const create = createRoute({
    ...common,
    method: "post",
    path,
    summary: "Make a chat",
    description:
      "A user's chat is that user's. Another person without a visitor token becomes a new visitor, whose token is " +
      "in the answer. A chat that a server makes with its secret key is nobody's.",
    middleware: readJsonBody,
    request: { body: jsonBody(createChatSchema) },
    responses: {
      201: jsonResponse("The new chat", newChatSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(create, async (c) => {
    const { title, user_id, visitor_id, context } = c.req.valid("json");
    const { caller } = c.var;
    const made = isNameless(caller) ? await makeVisitor(gate.visitorTokens, caller) : undefined;
    const owner = made ? { ...caller, visitorId: made.visitorId } : caller;
    const fields = {
      title: title ?? undefined,
      userId: user_id ?? undefined,
      visitorId: visitor_id ?? undefined,
      context: context ?? undefined,
    };
    const chat = await createChat(reader.chats, owner, fields, new Date(reader.clock.now()));
    c.header("Location", `${path}/${chat.id}`);
    const proof = made ? { visitor_token: made.token } : {};
    return c.json({ ...wireChat(chat), ...proof }, 201, noStore);
  });
}

function addList(rest: Rest, { apiPrefix, reader }: RestDeps): void {
  const list = createRoute({
    ...common,
    method: "get",
    path: `${apiPrefix}/chat`,
    summary: "List the caller's own chats, newest first",
    description: "A user's or a visitor's. A server with its secret key sees all of its tenant.",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of chats", pageOf(chatSchema, "ChatPage")),
      ...callerErrors("INVALID_REQUEST", "INVALID_CURSOR", "VISITOR_TOKEN_REQUIRED"),
    },
  });
  rest.openapi(list, async (c) => {
    const page = await listChats(reader.chats, c.var.caller, c.req.valid("query"));
    return c.json(wirePage(page, wireChat), 200, noStore);
  });
}
