import { createRoute } from "@hono/zod-openapi";
import type { Caller } from "../core/caller.ts";
import { createChat, listChats } from "../core/chats.ts";
import { newId } from "../core/ids.ts";
import type { VisitorTokens } from "../core/ports.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { createChatSchema } from "./fields.ts";
import { callerErrors, callerParameters, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { chatSchema, newChatSchema, pageOf, pageQuery, wireChat, wirePage } from "./wire.ts";

const common = { tags: ["chat"], parameters: callerParameters };

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
      "A caller without a visitor token becomes a new visitor, whose token is in the answer.",
    middleware: readJsonBody,
    request: { body: jsonBody(createChatSchema) },
    responses: {
      201: jsonResponse("The new chat", newChatSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(create, async (c) => {
    const { title, user_id, visitor_id, context } = c.req.valid("json");
    const { owner, token } = await findOwner(gate.visitorTokens, c.var.caller);
    const fields = {
      title: title ?? undefined,
      userId: user_id ?? undefined,
      visitorId: visitor_id ?? undefined,
      context: context ?? undefined,
    };
    const chat = await createChat(reader.chats, owner, fields, new Date(reader.clock.now()));
    c.header("Location", `${path}/${chat.id}`);
    return c.json({ ...wireChat(chat), ...(token ? { visitor_token: token } : {}) }, 201, noStore);
  });
}

/** A chat always has a proven visitor: who comes without a token becomes one, and is given the proof. */
async function findOwner(
  tokens: VisitorTokens,
  caller: Caller,
): Promise<{ owner: Caller; token: string | undefined }> {
  if (caller.visitorId) return { owner: caller, token: undefined };
  const visitorId = newId("vis");
  const token = await tokens.issue(caller.tenant.id, visitorId);
  return { owner: { ...caller, visitorId }, token };
}

function addList(rest: Rest, { apiPrefix, reader }: RestDeps): void {
  const list = createRoute({
    ...common,
    method: "get",
    path: `${apiPrefix}/chat`,
    summary: "List the visitor's own chats, newest first",
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
