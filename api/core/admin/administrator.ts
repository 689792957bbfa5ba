import { requireAdmin, type Caller } from "../access/caller.ts";
import { AppError } from "../errors.ts";
import type { Actor } from "./audit.ts";

/** Who administers, and what. */
export interface Administrator {
  /** The only tenant that they administer; undefined: the platform's admin, who administers all. */
  readonly tenantId: string | undefined;
  readonly actor: Actor;
}

/** @throws AppError ADMIN_REQUIRED, FORBIDDEN */
export function administratorOf(caller: Caller): Administrator {
  const { tenant, user, key, address } = caller;
  if (requireAdmin(caller) === "platform") return platformAdministrator(address);
  const who = user ? { kind: "user" as const, id: user.id } : { kind: "key" as const, id: key?.id };
  return { tenantId: tenant.id, actor: { kind: who.kind, id: who.id ?? null, address } };
}

/** Whoever has shown the platform's admin token. @param address that they came from. */
export function platformAdministrator(address: string): Administrator {
  return { tenantId: undefined, actor: { kind: "platform", id: null, address } };
}

/** Of a tenant's admin, who is known. @throws AppError FORBIDDEN */
export function requirePlatform({ tenantId }: Administrator, what: string): void {
  if (tenantId !== undefined) {
    throw new AppError("FORBIDDEN", `${what} needs the platform's admin token`);
  }
}

/** Another's tenant is refused like one that isn't there. @throws AppError TENANT_NOT_FOUND */
export function requireTenant({ tenantId }: Administrator, id: string): void {
  if (tenantId !== undefined && tenantId !== id) throw tenantNotFound();
}

export function tenantNotFound(): AppError {
  return new AppError("TENANT_NOT_FOUND", "Tenant not found");
}
