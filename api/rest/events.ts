import { createRoute, z } from "@hono/zod-openapi";
import { checkPlace, parsePlace } from "../core/turns/chat-place.ts";
import { openChat } from "../core/chats.ts";
import { frameChatEvents } from "../core/turns/chat-frame.ts";
import { followChanges } from "../core/turns/follow-changes.ts";
import { followChat } from "../core/turns/follow-chat.ts";
import { requireFollowPlace } from "../core/turns/follow-place.ts";
import { requireEventStream } from "./accept.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { callerAccess, callerErrors, eventStreamResponse } from "./operation.ts";
import { openStreamAccess } from "./stream-access.ts";
import { streamChat, streamHeaders, streamTurns } from "./turn-stream.ts";

const description = `With \`changes=true\` server-sent events of all that happens in a chat, whoever does it and wherever: first \`subscribed\`, then
\`message_changed\`, \`chat_changed\`, \`branch_changed\` and \`chat_deleted\`, each with how something stands now, and between
them the events of the turn under way; \`chat_reset\` says that the place was too old, and the history is to be read anew. From
\`Last-Event-ID\` on, else from now on. Read the history after \`subscribed\` has come, not before.

Without it, server-sent events of all turns of a chat, one turn after another: from \`Last-Event-ID\` on, else from the
turn that is under way. An event's \`id\` is \`<message_id>/<cursor>\`; a message's id alone is the place before its first event.

The stream goes on until the client leaves, or may no longer read: then an \`error\` event ends it, such as \`TOKEN_EXPIRED\`, or
\`CHAT_NOT_FOUND\` before the next turn of a chat that is no longer the client's. When the server restarts, a \`reconnect\` event ends it: come back with
\`Last-Event-ID\`. Something, at least a comment, comes every 15 seconds: a stream without a byte for 35 seconds is dead, come
back too.`;

/** GET /chat/{chat_id}/events */
export function addEvents(rest: Rest, deps: RestDeps): void {
  const placeField = z.string().max(256).optional();
  const follow = createRoute({
    method: "get",
    path: `${deps.apiPrefix}/chat/{chat_id}/events` as const,
    tags: ["messages"],
    ...callerAccess,
    summary: "Follow a chat",
    description,
    request: {
      params: chatIdParams,
      headers: z.object({ "last-event-id": placeField }),
      query: z.object({
        last_event_id: placeField.openapi({
          description: "For a client that can't set the header",
        }),
        changes: z.enum(["true", "false"]).default("false").openapi({
          description: "`true`: all that happens in the chat, not its turns alone",
        }),
      }),
    },
    responses: {
      200: { description: "The events", ...eventStreamResponse },
      ...callerErrors(
        "INVALID_REQUEST",
        "INVALID_CURSOR",
        "CHAT_NOT_FOUND",
        "NOT_ACCEPTABLE",
        "TOO_MANY_CONNECTIONS",
      ),
    },
  });
  rest.openapi(follow, async (c) => {
    const { caller } = c.var;
    const { tenant } = caller;
    requireEventStream(c.req.header("accept"));
    const chat = await openChat(deps.reader.chats, caller, c.req.valid("param").chat_id);
    const { last_event_id: asked, changes } = c.req.valid("query");
    const given = c.req.valid("header")["last-event-id"] || asked;
    if (changes === "true") {
      const from = given ? requireFollowPlace(given) : undefined;
      if (c.req.method === "HEAD") return c.body(null, 200, streamHeaders);
      const following = await openStreamAccess(c, deps);
      return streamChat(c, deps, following, (signal) => {
        const { reader, draining } = deps;
        const events = followChanges(reader, following, chat.id, from, signal, draining);
        return frameChatEvents(chat.id, events);
      });
    }
    const place = given ? parsePlace(given) : undefined;
    if (place) await checkPlace(deps.reader.chats, tenant, chat.id, place);
    if (c.req.method === "HEAD") return c.body(null, 200, streamHeaders);
    const access = await openStreamAccess(c, deps);
    return streamTurns(c, deps, access, {
      read: (signal) => followChat(deps.reader, access, chat.id, place, signal, deps.draining),
      isEndless: true,
    });
  });
}
