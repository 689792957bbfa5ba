import { checkErasure, type CheckDeps, type ErasureCheck } from "../erasure/check-erasure.ts";
import type { Erasure, ErasureRequest } from "../erasure/erasure.ts";
import { AppError } from "../errors.ts";
import { isId, newId } from "../ids.ts";
import type { Clock, Page, PageRequest } from "../ports.ts";
import { isTenantId } from "../tenant.ts";
import {
  requirePlatform,
  requireTenant,
  tenantNotFound,
  type Administrator,
} from "./administrator.ts";
import type { AuditEntry } from "./audit.ts";
import { invalidField } from "./settings-patch.ts";
import { userNotFound } from "./user-admin.ts";

/** Where deletions stand, and all places that they are about. */
export interface ErasureAdminDeps {
  readonly erasing: CheckDeps;
}

export function newErasure({ actor }: Pick<Erasure, "actor">, clock: Clock): ErasureRequest {
  return { id: newId("era"), actor, requestedAt: new Date(clock.now()) };
}

/**
 * Shuts a tenant at every door and erases all that it has, in the background.
 * @throws AppError FORBIDDEN, TENANT_NOT_FOUND
 */
export async function deleteTenant(
  { erasing: { erasures, clock } }: ErasureAdminDeps,
  admin: Administrator,
  id: string,
): Promise<Erasure> {
  requireTenant(admin, id);
  requirePlatform(admin, "Deleting tenants");
  if (!isTenantId(id)) throw tenantNotFound();
  const request = newErasure(admin, clock);
  const audit = entry(admin, request, id, "tenant.delete", id);
  const erasure = await erasures.beginTenant(id, request, audit);
  if (!erasure) throw tenantNotFound();
  return erasure;
}

/**
 * Refuses a user from now on and erases them with their chats, in the background. Nobody deletes themselves.
 * @throws AppError USER_NOT_FOUND, TENANT_NOT_FOUND, INVALID_REQUEST
 */
export async function deleteUser(
  { erasing: { erasures, clock } }: ErasureAdminDeps,
  admin: Administrator,
  tenantId: string,
  id: string,
): Promise<Erasure> {
  requireTenant(admin, tenantId);
  if (admin.actor.kind === "user" && admin.actor.id === id)
    throw invalidField("id", "it is your own");
  const request = newErasure(admin, clock);
  const audit = entry(admin, request, tenantId, "user.delete", id);
  const erasure = isId(id) ? await erasures.beginUser(tenantId, id, request, audit) : undefined;
  if (!erasure) throw userNotFound();
  return erasure;
}

/**
 * The receipts, newest first. @param tenantId undefined: of all tenants; for the platform's admin alone.
 * @throws AppError FORBIDDEN, TENANT_NOT_FOUND, INVALID_CURSOR
 */
export async function listErasures(
  { erasing: { erasures } }: ErasureAdminDeps,
  admin: Administrator,
  tenantId: string | undefined,
  page: PageRequest,
): Promise<Page<Erasure>> {
  if (tenantId === undefined) requirePlatform(admin, "Reading the receipts of all tenants");
  else requireTenant(admin, tenantId);
  return erasures.listErasures(tenantId, page);
}

/** @throws AppError ERASURE_NOT_FOUND, alike for one that isn't there and one that isn't theirs */
export async function openErasure(
  { erasing: { erasures } }: ErasureAdminDeps,
  admin: Administrator,
  id: string,
): Promise<Erasure> {
  const found = isId(id) ? await erasures.findErasure(id) : undefined;
  const isTheirs = admin.tenantId === undefined || found?.tenantId === admin.tenantId;
  if (found && isTheirs) return found;
  throw new AppError("ERASURE_NOT_FOUND", "Receipt not found");
}

/** Looks everywhere again. @throws AppError ERASURE_NOT_FOUND, SERVICE_UNAVAILABLE when a place can't be looked at */
export async function recheckErasure(
  deps: ErasureAdminDeps,
  admin: Administrator,
  id: string,
): Promise<ErasureCheck> {
  const erasure = await openErasure(deps, admin, id);
  try {
    return await checkErasure(deps.erasing, erasure, AbortSignal.timeout(checkMs));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const text = "One of the places can't be looked at: try again in a moment";
    throw new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: 5, cause: error });
  }
}

const checkMs = 30_000;

function entry(
  { actor }: Administrator,
  { id, requestedAt }: ErasureRequest,
  tenantId: string,
  action: "tenant.delete" | "user.delete",
  target: string,
): AuditEntry {
  return { at: requestedAt, actor, tenantId, action, target, details: { erasure: id } };
}
