import { createRoute, z } from "@hono/zod-openapi";
import { countRequest, requireAllowed } from "../core/limits/requests.ts";
import { admitTenant, tellCount } from "./admit.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { errorResponses } from "./errors.ts";
import { jsonResponse, noSecurity, noStore } from "./operation.ts";

const tenantSchema = z
  .object({
    tenant_id: z.string(),
    name: z.string(),
    status: z.literal("active"),
    valid: z.literal(true),
    plan: z.string(),
    features: z.object({ chat: z.boolean(), rag: z.boolean(), analytics: z.boolean() }),
    branding: z.record(z.string(), z.string()),
  })
  .openapi("Tenant");

/** GET /auth/tenant/{tenant_id} */
export function addAuth(rest: Rest, deps: RestDeps): void {
  const validate = createRoute({
    method: "get",
    path: `${deps.apiPrefix}/auth/tenant/{tenant_id}` as const,
    tags: ["auth"],
    security: noSecurity,
    summary: "Validate a tenant",
    description: "An unknown, a suspended and a malformed tenant are answered alike.",
    request: { params: z.object({ tenant_id: z.string() }) },
    responses: {
      200: jsonResponse("The tenant may be used", tenantSchema),
      ...errorResponses(
        "ORIGIN_NOT_ALLOWED",
        "TENANT_NOT_FOUND",
        "RATE_LIMIT_EXCEEDED",
        "SERVICE_UNAVAILABLE",
      ),
    },
  });
  rest.openapi(validate, async (c) => {
    const tenant = await admitTenant(c, deps.gate, c.req.valid("param").tenant_id);
    const { address } = c.env;
    const counted = await countRequest(deps.gate, tenant, {
      tenantId: tenant.id,
      personId: undefined,
      address,
    });
    if (counted) tellCount(c, deps.gate.clock, counted);
    requireAllowed(counted);
    const { plan, features, branding } = tenant.settings;
    const shown = { tenant_id: tenant.id, name: tenant.name, plan, features, branding };
    return c.json({ ...shown, status: "active" as const, valid: true as const }, 200, noStore);
  });
}
