import { createRoute, z } from "@hono/zod-openapi";
import { listErasures, openErasure, recheckErasure } from "../core/admin/erasure-admin.ts";
import { erasureKinds, type Erasure } from "../core/erasure/erasure.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

/** The header in which a deletion that answers without a body names its receipt. */
export const receiptHeader = "X-Erasure-Receipt";

/** What the description of such a deletion says of it. */
export const receiptHeaders = z.object({
  [receiptHeader]: z.string().openapi({ description: "The id of the receipt" }),
});

const counts = z.record(z.string(), z.number());

export const erasureSchema = z
  .object({
    id: z.string().openapi({ example: "era_6v1k…" }),
    tenant_id: z.string(),
    kind: z.enum(erasureKinds),
    subject_id: z.string().openapi({ description: "The id of what was deleted" }),
    actor: z.object({
      kind: z.enum(["platform", "key", "user", "visitor"]),
      id: z.string().nullable().openapi({ description: "Of the key, the user or the visitor" }),
      address: z.string(),
    }),
    requested_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    state: z.enum(["pending", "complete", "failed"]).openapi({
      description:
        "`failed`: an hour of attempts wasn't enough; it is tried again, at last once a day, until it is complete",
    }),
    waits_for: z.string().nullable().openapi({ description: "What is in its way" }),
    counts: counts.openapi({
      description: "How much was removed, by its place",
      example: { documents: 1, passages: 12, postings: 431, vectors: 12 },
    }),
  })
  .openapi("Erasure");

export const erasureCheckSchema = z
  .object({
    checked_at: z.iso.datetime(),
    result: z.enum(["clean", "leftovers", "pending", "replaced"]).openapi({
      description:
        "`pending`: the deletion isn't finished. `replaced`: a tenant of the same id was made since, and nobody can tell",
    }),
    leftovers: counts.openapi({ description: "How much is left, by its place" }),
  })
  .openapi("ErasureCheck");

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ erasure_id: z.string() });

/** GET /admin/erasures, GET /admin/erasures/{erasure_id}, POST …/check */
export function addAdminErasures(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/erasures` as const;
  const onePath = `${path}/{erasure_id}` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "The receipts of what was deleted, newest first",
    description:
      "Of the tenant of X-Tenant-ID; the platform's admin leaves it out for those of all, also of deleted tenants.",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of receipts", pageOf(erasureSchema, "ErasurePage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator } = c.var;
    const tenantId = administrator.tenantId ?? (c.req.header("x-tenant-id")?.trim() || undefined);
    const page = await listErasures(admin, administrator, tenantId, c.req.valid("query"));
    return c.json(wirePage(page, wireErasure), 200, noStore);
  });

  const get = createRoute({
    ...common,
    method: "get",
    path: onePath,
    summary: "Get a receipt",
    request: { params },
    responses: {
      200: jsonResponse("The receipt", erasureSchema),
      ...adminErrors("ERASURE_NOT_FOUND"),
    },
  });
  rest.openapi(get, async (c) => {
    const id = c.req.valid("param").erasure_id;
    return c.json(wireErasure(await openErasure(admin, c.var.administrator, id)), 200, noStore);
  });

  const check = createRoute({
    ...common,
    method: "post",
    path: `${onePath}/check` as const,
    summary: "Look again for what was deleted",
    description:
      "In all places where it stood. Tells how much is left and where, never what. A deletion in whose way something was goes on at once.",
    request: { params },
    responses: {
      200: jsonResponse("What was found", erasureCheckSchema),
      ...adminErrors("ERASURE_NOT_FOUND"),
    },
  });
  rest.openapi(check, async (c) => {
    const id = c.req.valid("param").erasure_id;
    const found = await recheckErasure(admin, c.var.administrator, id);
    const { checkedAt, result, leftovers } = found;
    return c.json(
      { checked_at: checkedAt.toISOString(), result, leftovers: { ...leftovers } },
      200,
      noStore,
    );
  });
}

export function wireErasure(erasure: Erasure): z.infer<typeof erasureSchema> {
  const { id, tenantId, kind, subjectId, actor, state } = erasure;
  return {
    id,
    tenant_id: tenantId,
    kind,
    subject_id: subjectId,
    actor,
    requested_at: erasure.requestedAt.toISOString(),
    finished_at: erasure.finishedAt?.toISOString() ?? null,
    state,
    waits_for: erasure.trail.waitsFor ?? null,
    counts: { ...erasure.counts },
  };
}
