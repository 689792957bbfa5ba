import { OpenAPIHono } from "@hono/zod-openapi";
import { createAdminStep, createCallerStep } from "./admit.ts";
import { addAuth } from "./auth.ts";
import { addChat } from "./chat.ts";
import { addChats } from "./chats.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { addDocs } from "./docs.ts";
import { addDocuments } from "./documents.ts";
import type { HttpEnv } from "./env.ts";
import { invalidRequest } from "./errors.ts";
import { addEvents } from "./events.ts";
import { addFeedback } from "./feedback.ts";
import { addFiles } from "./files.ts";
import { addHealth } from "./health.ts";
import { addMessages } from "./messages.ts";
import { addMetrics } from "./metrics.ts";
import { addPostMessage } from "./post-message.ts";
import { addUpload } from "./upload.ts";
import { addUsage } from "./usage.ts";

/** The REST door. Errors leave it as they are: the root app, which has other doors too, answers them. */
export function createRest(deps: RestDeps): Rest {
  const rest = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  const { gate, isAdmin, reader } = deps;
  rest.use(`${deps.apiPrefix}/chat/*`, createCallerStep(gate, reader.clock));
  rest.use(`${deps.apiPrefix}/admin/*`, createAdminStep(gate, reader.clock, isAdmin));
  addChats(rest, deps);
  addChat(rest, deps);
  addPostMessage(rest, deps);
  addMessages(rest, deps);
  addFeedback(rest, deps);
  addEvents(rest, deps);
  addUpload(rest, deps);
  addDocuments(rest, deps);
  addUsage(rest, deps);
  addAuth(rest, deps);
  addHealth(rest, deps);
  addMetrics(rest, deps);
  addDocs(rest, deps);
  addFiles(rest, deps);
  return rest;
}
