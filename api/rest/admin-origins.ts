import { createRoute, z } from "@hono/zod-openapi";
import { openTenantRecord, originsOf, setOrigins } from "../core/admin/tenant-admin.ts";
import { maxOrigins } from "../core/admin/setting-rules.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";

const origins = z.array(z.string()).openapi({ example: ["https://example.com"] });

export const originsSchema = z.object({ origins }).openapi("Origins");

const setOriginsSchema = z
  .strictObject({
    origins: origins.openapi({ description: `All of them, at most ${maxOrigins}, to the letter` }),
  })
  .openapi("SetOrigins");

const common = { tags: ["admin"], ...adminAccess };

/** GET and PUT /admin/origins */
export function addAdminOrigins(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/origins` as const;

  const get = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List the origins whose pages may call for the tenant",
    description: "Besides them those of CORS_ORIGINS may, for every tenant.",
    responses: { 200: jsonResponse("The origins", originsSchema), ...adminErrors() },
  });
  rest.openapi(get, async (c) => {
    const { administrator, caller } = c.var;
    const tenant = await openTenantRecord(admin, administrator, caller.tenant.id);
    return c.json({ origins: [...originsOf(tenant)] }, 200, noStore);
  });

  const put = createRoute({
    ...common,
    method: "put",
    path,
    summary: "Set the origins",
    description: "In place of those that there were; in effect everywhere within a second.",
    middleware: readJsonBody,
    request: { body: jsonBody(setOriginsSchema) },
    responses: {
      200: jsonResponse("The origins as they are now", originsSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(put, async (c) => {
    const { administrator, caller } = c.var;
    const { origins: wanted } = c.req.valid("json");
    const set = await setOrigins(admin, administrator, caller.tenant.id, wanted);
    return c.json({ origins: [...set] }, 200, noStore);
  });
}
