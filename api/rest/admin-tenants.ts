import { createRoute, z } from "@hono/zod-openapi";
import { isJsonObject } from "../core/admin/merge-patch.ts";
import { showSettings } from "../core/admin/settings-patch.ts";
import type { TenantRecord } from "../core/admin/tenant-admin-store.ts";
import {
  createTenant,
  listTenants,
  openTenantRecord,
  updateTenant,
} from "../core/admin/tenant-admin.ts";
import { deleteTenant } from "../core/admin/erasure-admin.ts";
import { parseSettings } from "../core/tenant.ts";
import { erasureSchema, receiptHeader, wireErasure } from "./admin-erasures.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

const settings = z.record(z.string(), z.unknown()).openapi({
  description: "As they are stored; what is missing takes its default. docs/tenants.md lists them",
  example: { plan: "pro", allowed_origins: ["https://example.com"] },
});

const count = z.number().openapi({ description: "As it counts, with plan and defaults" });

export const tenantRecordSchema = z
  .object({
    id: z.string().openapi({ example: "acme" }),
    name: z.string(),
    domain: z.string().nullable(),
    status: z.string().openapi({ description: "Only `active` is served" }),
    settings,
    limits: z.object({
      messages_per_day: count,
      messages_per_minute: count,
      concurrent_connections: count,
      requests_per_minute: count.nullable().openapi({ description: "Null: the server's own" }),
      documents: count,
      document_bytes: count,
      person_share: count,
      address_share: count,
    }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("TenantRecord");

// Not a record of zod's, which drops the name `__proto__` in silence. What is in it the core checks.
const settingsPatch = z
  .custom<Record<string, unknown>>(isJsonObject, "An object is expected")
  .optional()
  .openapi({
    type: "object",
    additionalProperties: {},
    description: "A JSON merge patch (RFC 7396) of the settings: null takes one away",
    example: { allowed_origins: ["https://example.com"], limits: { messages_per_day: 5000 } },
  });

const patchFields = {
  name: z.string().optional().openapi({ description: "1 to 200 characters" }),
  domain: z.string().nullish().openapi({ example: "example.com" }),
  status: z.enum(["active", "suspended"]).optional(),
  settings: settingsPatch,
};

const createTenantSchema = z
  .strictObject({
    id: z.string().openapi({
      description: "Lower-case letters, digits and single hyphens, at most 48; never changes",
      example: "acme",
    }),
    ...patchFields,
  })
  .openapi("CreateTenant");

const updateTenantSchema = z.strictObject(patchFields).openapi("UpdateTenant");

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ tenant_id: z.string() });

/** GET and POST /admin/tenants, GET, PATCH and DELETE /admin/tenants/{tenant_id} */
export function addAdminTenants(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/tenants` as const;
  const onePath = `${path}/{tenant_id}` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List all tenants, in the order of their ids",
    description: "For the platform's admin.",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of tenants", pageOf(tenantRecordSchema, "TenantRecordPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const page = await listTenants(admin, c.var.administrator, c.req.valid("query"));
    return c.json(wirePage(page, wireTenantRecord), 200, noStore);
  });

  const create = createRoute({
    ...common,
    method: "post",
    path,
    summary: "Make a tenant",
    description: "For the platform's admin. It works from its first request on.",
    middleware: readJsonBody,
    request: { body: jsonBody(createTenantSchema) },
    responses: {
      201: jsonResponse("The new tenant", tenantRecordSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON", "TENANT_EXISTS"),
    },
  });
  rest.openapi(create, async (c) => {
    const made = await createTenant(admin, c.var.administrator, c.req.valid("json"));
    c.header("Location", `${path}/${made.id}`);
    return c.json(wireTenantRecord(made), 201, noStore);
  });

  const get = createRoute({
    ...common,
    method: "get",
    path: onePath,
    summary: "Get a tenant with its settings",
    request: { params },
    responses: { 200: jsonResponse("The tenant", tenantRecordSchema), ...adminErrors() },
  });
  rest.openapi(get, async (c) => {
    const { tenant_id: id } = c.req.valid("param");
    const found = await openTenantRecord(admin, c.var.administrator, id);
    return c.json(wireTenantRecord(found), 200, noStore);
  });

  const update = createRoute({
    ...common,
    method: "patch",
    path: onePath,
    summary: "Change a tenant",
    description:
      "A tenant's own admin sets its name and of the settings branding, allowed_origins, prompt, temperature, " +
      "chat_access and auth; the rest is the platform's. In effect everywhere within a second.",
    middleware: readJsonBody,
    request: { params, body: jsonBody(updateTenantSchema) },
    responses: {
      200: jsonResponse("The tenant as it is now", tenantRecordSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(update, async (c) => {
    const { tenant_id: id } = c.req.valid("param");
    const patched = await updateTenant(admin, c.var.administrator, id, c.req.valid("json"));
    return c.json(wireTenantRecord(patched), 200, noStore);
  });

  const remove = createRoute({
    ...common,
    method: "delete",
    path: onePath,
    summary: "Delete a tenant with all that it has",
    description:
      "For the platform's admin. Every door is shut at once, and all else goes in the background. " +
      "Asked again meanwhile, it answers with the same receipt.",
    request: { params },
    responses: { 202: jsonResponse("The receipt", erasureSchema), ...adminErrors() },
  });
  rest.openapi(remove, async (c) => {
    const { tenant_id: id } = c.req.valid("param");
    const erasure = await deleteTenant(admin, c.var.administrator, id);
    c.header(receiptHeader, erasure.id);
    return c.json(wireErasure(erasure), 202, noStore);
  });
}

function wireTenantRecord(record: TenantRecord): z.infer<typeof tenantRecordSchema> {
  const { limits } = parseSettings(record.settings, record.id);
  return {
    id: record.id,
    name: record.name,
    domain: record.domain,
    status: record.status,
    settings: { ...showSettings(record.settings) },
    limits: {
      messages_per_day: limits.messagesPerDay,
      messages_per_minute: limits.messagesPerMinute,
      concurrent_connections: limits.concurrentConnections,
      requests_per_minute: limits.requestsPerMinute,
      documents: limits.documents,
      document_bytes: limits.documentBytes,
      person_share: limits.personShare,
      address_share: limits.addressShare,
    },
    created_at: record.createdAt.toISOString(),
    updated_at: record.updatedAt.toISOString(),
  };
}
