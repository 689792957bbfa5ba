import { AppError } from "../errors.ts";
import type { Tenant } from "../tenant.ts";
import { kindOfToken, type Credentials } from "./credentials.ts";
import { invalidToken, type GateDeps } from "./gate.ts";
import { openNamedTenant, tenantNotFound } from "./open-tenant.ts";
import { checkPlatformOrigin } from "./origins.ts";

export type PlatformGateDeps = Pick<GateDeps, "isAdmin" | "strangers" | "origins">;

/** Whether what is shown holds the platform's admin token; whatever else is shown must be right too. */
export function isShownByPlatform(
  { isAdmin }: Pick<GateDeps, "isAdmin">,
  { adminToken, token }: Pick<Credentials, "adminToken" | "token">,
): boolean {
  return isAdmin(adminToken ?? token);
}

/**
 * Lets the platform's admin in where no tenant is concerned. Who is refused is counted by their address, which bounds
 * what refusing costs. It doesn't slow a guess that is right, so the token has to be too long to be guessed.
 * @throws AppError ORIGIN_NOT_ALLOWED, ADMIN_REQUIRED, INVALID_TOKEN, RATE_LIMIT_EXCEEDED
 */
export async function admitPlatformAdmin(
  deps: PlatformGateDeps,
  shown: Credentials,
): Promise<void> {
  checkPlatformOrigin(deps.origins, shown.page);
  if (isShownByPlatform(deps, shown)) return;
  await deps.strangers.countRefusal(shown.address);
  const { adminToken, token } = shown;
  const isWrong =
    adminToken !== undefined || (token !== undefined && kindOfToken(token) === "other");
  if (isWrong) throw invalidToken();
  throw new AppError("ADMIN_REQUIRED", "This needs the server's admin token in X-Admin-Token");
}

/**
 * The tenant that is administered: the platform's admin is let in to one that is not served, too.
 * @throws AppError TENANT_NOT_FOUND, RATE_LIMIT_EXCEEDED
 */
export async function openAdministeredTenant(
  gate: Pick<GateDeps, "isAdmin" | "strangers" | "tenants">,
  id: string,
  shown: Credentials,
): Promise<Tenant> {
  if (!isShownByPlatform(gate, shown)) return openNamedTenant(gate, id, shown.address);
  const found = await gate.tenants.findTenantInAnyState(id);
  if (!found) throw tenantNotFound();
  return found.tenant;
}
