import { createRoute, z } from "@hono/zod-openapi";
import { listUnanswered, markUnanswered } from "../core/admin/unanswered-admin.ts";
import type { Unanswered } from "../core/answering/unanswered.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

export const unansweredSchema = z
  .object({
    message_id: z.string().openapi({ description: "The id of the answer" }),
    chat_id: z.string(),
    question: z.string(),
    reason: z.enum(["nothing_found", "not_in_documents"]).openapi({
      description:
        "`nothing_found`: no passage had anything to do with it. `not_in_documents`: the answer cites none of those that were found",
    }),
    created_at: z.iso.datetime(),
    handled_at: z.iso.datetime().nullable().openapi({ description: "When it was dealt with" }),
  })
  .openapi("Unanswered");

const handled = z.enum(["true", "false"]).default("false").openapi({
  description: "`true`: those that were dealt with, instead of the others",
});

const markSchema = z.strictObject({ handled: z.boolean() }).openapi("MarkUnanswered");

const common = { tags: ["admin"], ...adminAccess };

/** GET /admin/unanswered, PATCH /admin/unanswered/{message_id} */
export function addAdminUnanswered(rest: Rest, { apiPrefix, admin, unanswered }: RestDeps): void {
  const path = `${apiPrefix}/admin/unanswered` as const;
  const deps = { unanswered, audit: admin.audit, clock: admin.clock };

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "The questions that the documents didn't answer, newest first",
    request: { query: pageQuery.extend({ handled }) },
    responses: {
      200: jsonResponse("A page of questions", pageOf(unansweredSchema, "UnansweredPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator, caller } = c.var;
    const { handled: wanted, ...page } = c.req.valid("query");
    const isHandled = wanted === "true";
    const found = await listUnanswered(deps, administrator, caller.tenant, isHandled, page);
    return c.json(wirePage(found, wireUnanswered), 200, noStore);
  });

  const mark = createRoute({
    ...common,
    method: "patch",
    path: `${path}/{message_id}`,
    summary: "Mark an unanswered question as dealt with, or as open again",
    middleware: readJsonBody,
    request: { params: z.object({ message_id: z.string() }), body: jsonBody(markSchema) },
    responses: {
      200: jsonResponse("The question as it is now", unansweredSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON", "MESSAGE_NOT_FOUND"),
    },
  });
  rest.openapi(mark, async (c) => {
    const { administrator, caller } = c.var;
    const { message_id: id } = c.req.valid("param");
    const { handled: isHandled } = c.req.valid("json");
    const marked = await markUnanswered(deps, administrator, caller.tenant, id, isHandled);
    return c.json(wireUnanswered(marked), 200, noStore);
  });
}

function wireUnanswered(found: Unanswered): z.infer<typeof unansweredSchema> {
  return {
    message_id: found.messageId,
    chat_id: found.chatId,
    question: found.question,
    reason: found.reason,
    created_at: found.createdAt.toISOString(),
    handled_at: found.handledAt?.toISOString() ?? null,
  };
}
