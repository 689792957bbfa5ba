import { admitCaller } from "../core/access/admit.ts";
import {
  admitPlatformAdmin,
  isShownByPlatform,
  openAdministeredTenant,
} from "../core/access/admit-platform.ts";
import type { GateDeps } from "../core/access/gate.ts";
import { openNamedTenant } from "../core/access/open-tenant.ts";
import { checkOrigin } from "../core/access/origins.ts";
import { administratorOf, platformAdministrator } from "../core/admin/administrator.ts";
import { AppError } from "../core/errors.ts";
import type { RequestCount } from "../core/limits/requests.ts";
import type { Clock } from "../core/ports.ts";
import type { Tenant } from "../core/tenant.ts";
import { readCredentials, readPage } from "./credentials.ts";
import type { HttpContext, HttpStep } from "./env.ts";

/**
 * Finds the tenant of a request and holds the request's origin against it. From here on the request
 * is logged under that tenant, and its answer may be read by that origin.
 * @throws AppError TENANT_NOT_FOUND, ORIGIN_NOT_ALLOWED, RATE_LIMIT_EXCEEDED
 */
export async function admitTenant(
  c: HttpContext,
  gate: GateDeps,
  tenantId: string,
): Promise<Tenant> {
  return enter(c, gate, await openNamedTenant(gate, tenantId, c.env.address));
}

/**
 * The same for what is administered: the platform's admin is let in to a tenant that is not served, too.
 * @throws AppError TENANT_NOT_FOUND, ORIGIN_NOT_ALLOWED, INVALID_REQUEST, RATE_LIMIT_EXCEEDED
 */
export async function admitAdministered(
  c: HttpContext,
  gate: GateDeps,
  tenantId: string,
): Promise<Tenant> {
  const shown = readCredentials(c, tenantId);
  return enter(c, gate, await openAdministeredTenant(gate, tenantId, shown));
}

function enter(c: HttpContext, gate: GateDeps, tenant: Tenant): Tenant {
  const page = readPage(c);
  c.set("tenant", tenant);
  c.set("corsOrigin", undefined);
  checkOrigin(gate.origins, tenant, page);
  c.set("corsOrigin", page.origin);
  return tenant;
}

/** The step before every handler that has a caller: proves who calls the admitted tenant, and counts the request. */
export function createCallerStep(gate: GateDeps): HttpStep {
  return async (c, next) => {
    const shown = readCredentials(c, requireTenant(c).id);
    const tell = (count: RequestCount) => tellCount(c, gate.clock, count);
    c.set("caller", await admitCaller(gate, requireTenant(c), shown, tell));
    await next();
  };
}

/**
 * The step before every administrative handler of the admitted tenant; behind that of callers.
 * @throws AppError ADMIN_REQUIRED, FORBIDDEN
 */
export async function requireAdministrator(
  c: HttpContext,
  next: () => Promise<void>,
): Promise<void> {
  c.set("administrator", administratorOf(c.var.caller));
  await next();
}

/**
 * The step before what is done to tenants as such: the platform's admin needs no tenant for it, served or not. A
 * tenant's admin is one of X-Tenant-ID, whatever the path names, so that it tells nothing of another's tenant.
 * @throws AppError ADMIN_REQUIRED, FORBIDDEN, INVALID_TOKEN, RATE_LIMIT_EXCEEDED, and those of admitTenant
 */
export function createTenantsStep(gate: GateDeps): HttpStep {
  const admitThem = createCallerStep(gate);
  return async (c, next) => {
    const tenantId = c.req.header("x-tenant-id")?.trim() || undefined;
    const shown = readCredentials(c, tenantId);
    if (tenantId !== undefined && !isShownByPlatform(gate, shown)) {
      await admitTenant(c, gate, tenantId);
      return admitThem(c, () => requireAdministrator(c, next));
    }
    await admitPlatformAdmin(gate, shown);
    c.set("administrator", platformAdministrator(shown.address));
    await next();
  };
}

function requireTenant(c: HttpContext): Tenant {
  const { tenant } = c.var;
  if (!tenant) throw new AppError("TENANT_REQUIRED", "Name a tenant: X-Tenant-ID");
  return tenant;
}

/** The headers that tell where the caller stands; they speak of the limit without its burst. */
export function tellCount(
  c: HttpContext,
  clock: Clock,
  { limit, remaining, resetMs }: RequestCount,
): void {
  c.header("X-RateLimit-Limit", String(limit));
  c.header("X-RateLimit-Remaining", String(remaining));
  c.header("X-RateLimit-Reset", String(Math.ceil((clock.now() + resetMs) / 1000)));
}
