import { OpenAPIHono } from "@hono/zod-openapi";
import { createCallerStep } from "./admit.ts";
import { addAuth } from "./auth.ts";
import { addChat } from "./chat.ts";
import { addChats } from "./chats.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { addDocs } from "./docs.ts";
import type { HttpEnv } from "./env.ts";
import { invalidRequest } from "./errors.ts";
import { addEvents } from "./events.ts";
import { addFiles } from "./files.ts";
import { addHealth } from "./health.ts";
import { addMessages } from "./messages.ts";
import { addMetrics } from "./metrics.ts";
import { addPostMessage } from "./post-message.ts";

/** The REST door. Errors leave it as they are: the root app, which has other doors too, answers them. */
export function createRest(deps: RestDeps): Rest {
  const rest = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  rest.use(`${deps.apiPrefix}/chat/*`, createCallerStep(deps.gate, deps.reader.clock));
  addChats(rest, deps);
  addChat(rest, deps);
  addPostMessage(rest, deps);
  addMessages(rest, deps);
  addEvents(rest, deps);
  addAuth(rest, deps);
  addHealth(rest, deps);
  addMetrics(rest, deps);
  addDocs(rest, deps);
  addFiles(rest, deps);
  return rest;
}
