import { OpenAPIHono } from "@hono/zod-openapi";
import { except } from "hono/combine";
import { addAdminAudit } from "./admin-audit.ts";
import { addAdminErasures } from "./admin-erasures.ts";
import { addAdminKeys } from "./admin-keys.ts";
import { addAdminOrigins } from "./admin-origins.ts";
import { addAdminTenants } from "./admin-tenants.ts";
import { addAdminUnanswered } from "./admin-unanswered.ts";
import { addAdminUsers } from "./admin-users.ts";
import { addAdminWebSources } from "./admin-web-sources.ts";
import { createCallerStep, createTenantsStep, requireAdministrator } from "./admit.ts";
import { addAuth } from "./auth.ts";
import { addBranches } from "./branches.ts";
import { addCaller } from "./caller.ts";
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
import { pathPatterns } from "./paths.ts";
import { addPostMessage } from "./post-message.ts";
import { addSignIn } from "./sign-in.ts";
import { addDocumentEvents } from "./document-events.ts";
import { addDocumentSearch } from "./document-search.ts";
import { addUpload } from "./upload.ts";
import { addUsage } from "./usage.ts";

/** The REST door. Errors leave it as they are: the root app, which has other doors too, answers them. */
export function createRest(deps: RestDeps): Rest {
  const rest = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  addSteps(rest, deps);
  addChats(rest, deps);
  addChat(rest, deps);
  addPostMessage(rest, deps);
  addMessages(rest, deps);
  addBranches(rest, deps);
  addFeedback(rest, deps);
  addEvents(rest, deps);
  addUpload(rest, deps);
  addDocumentSearch(rest, deps);
  addDocuments(rest, deps);
  addDocumentEvents(rest, deps);
  addUsage(rest, deps);
  addAdminTenants(rest, deps);
  addAdminKeys(rest, deps);
  addAdminOrigins(rest, deps);
  addAdminUsers(rest, deps);
  addAdminUnanswered(rest, deps);
  addAdminWebSources(rest, deps);
  addAdminAudit(rest, deps);
  addAdminErasures(rest, deps);
  addAuth(rest, deps);
  addSignIn(rest, deps);
  addCaller(rest, deps);
  addHealth(rest, deps);
  addMetrics(rest, deps);
  addDocs(rest, deps);
  addFiles(rest, deps);
  return rest;
}

/** The tenant has been admitted by then, but for what is done to tenants as such. */
function addSteps(rest: Rest, { apiPrefix, gate }: RestDeps): void {
  const caller = createCallerStep(gate);
  const paths = pathPatterns(apiPrefix);
  rest.use(`${apiPrefix}/chat/*`, caller);
  rest.use(`${apiPrefix}/auth/*`, except(paths.validation, caller));
  const tenantless = [paths.tenants, paths.audit, paths.erasures];
  rest.use(`${apiPrefix}/admin/*`, except(tenantless, caller, requireAdministrator));
  for (const path of tenantless) rest.use(path, createTenantsStep(gate));
}
