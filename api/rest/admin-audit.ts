import { createRoute, z } from "@hono/zod-openapi";
import type { StoredAuditEntry } from "../core/admin/audit.ts";
import { readAudit } from "../core/admin/read-audit.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

export const auditEntrySchema = z
  .object({
    id: z.string().openapi({ example: "audit_6v1k…" }),
    at: z.iso.datetime(),
    actor: z.object({
      kind: z.enum(["platform", "key", "user"]),
      id: z.string().nullable().openapi({ description: "Of the key or the user" }),
      address: z.string(),
    }),
    tenant_id: z.string().nullable(),
    action: z.string().openapi({ example: "key.revoke" }),
    target: z.string().nullable().openapi({ description: "The id of what it was done to" }),
    details: z
      .record(z.string(), z.unknown())
      .openapi({ description: "`changes` tells each changed field with its old and new value" }),
  })
  .openapi("AuditEntry");

/** GET /admin/audit */
export function addAdminAudit(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const list = createRoute({
    tags: ["admin"],
    ...adminAccess,
    method: "get",
    path: `${apiPrefix}/admin/audit` as const,
    summary: "What admins have done, newest first",
    description:
      "To the tenant of X-Tenant-ID; the platform's admin leaves it out for what was done to all of them.",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of entries", pageOf(auditEntrySchema, "AuditPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator } = c.var;
    const tenantId = administrator.tenantId ?? (c.req.header("x-tenant-id")?.trim() || undefined);
    const page = await readAudit(admin.audit, administrator, tenantId, c.req.valid("query"));
    return c.json(wirePage(page, wireEntry), 200, noStore);
  });
}

function wireEntry(entry: StoredAuditEntry): z.infer<typeof auditEntrySchema> {
  const { id, at, actor, tenantId, action, target, details } = entry;
  return {
    id,
    at: at.toISOString(),
    actor,
    tenant_id: tenantId,
    action,
    target,
    details: { ...details },
  };
}
