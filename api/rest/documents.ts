import { createRoute, z } from "@hono/zod-openapi";
import { isStorable, notStorable } from "../core/storable.ts";
import { removeDocument, retryDocument } from "../core/admin/document-admin.ts";
import { openDocument } from "../core/documents/documents.ts";
import { receiptHeader, receiptHeaders } from "./admin-erasures.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";
import {
  documentSchema,
  documentWithContentSchema,
  pageOf,
  pageQuery,
  wireDocument,
  wirePage,
} from "./wire.ts";

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ document_id: z.string() });

/** GET /admin/documents, GET and DELETE /admin/documents/{document_id}, and POST …/retry */
export function addDocuments(rest: Rest, deps: RestDeps): void {
  const { apiPrefix, documents, admin } = deps;
  const path = `${apiPrefix}/admin/documents` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List the documents, in the order of their sources",
    request: {
      query: pageQuery.extend({
        after: z
          .string()
          .max(4000)
          .optional()
          .openapi({ description: "The `next` of the page before" }),
        source: z
          .string()
          .refine(isStorable, notStorable)
          .optional()
          .openapi({ description: "Only the document of this source" }),
      }),
    },
    responses: {
      200: jsonResponse("A page of documents", pageOf(documentSchema, "DocumentPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { tenant } = c.var.caller;
    const { source, ...page } = c.req.valid("query");
    if (source === undefined) {
      const found = await documents.pageDocuments(tenant, page);
      return c.json(wirePage(found, wireDocument), 200, noStore);
    }
    const found = await documents.findSource(tenant, source);
    return c.json({ items: found ? [wireDocument(found)] : [], next: null }, 200, noStore);
  });

  const get = createRoute({
    ...common,
    method: "get",
    path: `${path}/{document_id}` as const,
    summary: "Get a document with its content",
    request: { params },
    responses: {
      200: jsonResponse("The document", documentWithContentSchema),
      ...adminErrors("DOCUMENT_NOT_FOUND"),
    },
  });
  rest.openapi(get, async (c) => {
    const id = c.req.valid("param").document_id;
    const document = await openDocument({ documents }, c.var.caller.tenant, id);
    return c.json({ ...wireDocument(document), content: document.text }, 200, noStore);
  });

  const retry = createRoute({
    ...common,
    method: "post",
    path: `${path}/{document_id}/retry` as const,
    summary: "Read a document once more",
    description:
      "From what was uploaded last, as after a service that was away too long. Until it is done, questions are " +
      "answered as before. One that is under way is left alone.",
    request: { params },
    responses: {
      202: jsonResponse("The document, queued", documentSchema),
      ...adminErrors("DOCUMENT_NOT_FOUND"),
    },
  });
  rest.openapi(retry, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").document_id;
    const all = { ...admin, ...deps.ingestion, documents };
    const document = await retryDocument(all, administrator, caller.tenant, id);
    return c.json(wireDocument(document), 202, noStore);
  });

  const remove = createRoute({
    ...common,
    method: "delete",
    path: `${path}/{document_id}` as const,
    summary: "Delete a document",
    description: "No question that is asked from then on is answered from it.",
    request: { params },
    responses: {
      204: { description: "The document is gone", headers: receiptHeaders },
      ...adminErrors("DOCUMENT_NOT_FOUND"),
    },
  });
  rest.openapi(remove, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").document_id;
    const receipt = await removeDocument({ ...admin, documents }, administrator, caller.tenant, id);
    c.header(receiptHeader, receipt);
    return c.body(null, 204);
  });
}
