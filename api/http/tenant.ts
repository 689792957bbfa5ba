import type { Hono } from "hono";
import { except } from "hono/combine";
import type { GateDeps } from "../core/access/gate.ts";
import { admitAdministered, admitTenant } from "../rest/admit.ts";
import type { HttpContext, HttpEnv, HttpStep } from "../rest/env.ts";
import { pathPatterns } from "../rest/paths.ts";

export interface TenantStepDeps {
  readonly gate: GateDeps;
  /** API_V1_STR, without a slash at its end. */
  readonly apiPrefix: string;
  /** DEFAULT_TENANT_ID: of a request that names none. */
  readonly defaultTenantId: string;
}

/** The steps that find the tenant of X-Tenant-ID, else the default one, for whatever is done within a tenant. */
export function addTenantSteps(app: Hono<HttpEnv>, deps: TenantStepDeps): void {
  const { gate, apiPrefix, defaultTenantId } = deps;
  const step =
    (admit: (c: HttpContext, gate: GateDeps, tenantId: string) => Promise<unknown>): HttpStep =>
    async (c, next) => {
      await admit(c, gate, c.req.header("x-tenant-id")?.trim() || defaultTenantId);
      await next();
    };
  const { validation, tenants, audit, erasures } = pathPatterns(apiPrefix);
  app.use(`${apiPrefix}/chat/*`, step(admitTenant));
  app.use(`${apiPrefix}/auth/*`, except(validation, step(admitTenant)));
  app.use(`${apiPrefix}/admin/*`, except([tenants, audit, erasures], step(admitAdministered)));
}
