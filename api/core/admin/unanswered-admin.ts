import type { Unanswered, UnansweredStore } from "../answering/unanswered.ts";
import { AppError } from "../errors.ts";
import { isId } from "../ids.ts";
import type { Clock, Page, PageRequest } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import { requireTenant, type Administrator } from "./administrator.ts";
import type { AuditLog } from "./audit.ts";

export interface UnansweredAdminDeps {
  readonly unanswered: UnansweredStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/**
 * The questions that the documents didn't answer, newest first.
 * @param isHandled those that were dealt with, or the others.
 * @throws AppError TENANT_NOT_FOUND, INVALID_CURSOR
 */
export async function listUnanswered(
  { unanswered }: UnansweredAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  isHandled: boolean,
  page: PageRequest,
): Promise<Page<Unanswered>> {
  requireTenant(admin, tenant.id);
  return unanswered.listUnanswered(tenant, isHandled, page);
}

/**
 * Marks one as dealt with, or as open again; what changes nothing leaves no audit entry. First the entry, then the
 * deed. @throws AppError MESSAGE_NOT_FOUND, TENANT_NOT_FOUND
 */
export async function markUnanswered(
  { unanswered, audit, clock }: UnansweredAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  messageId: string,
  isHandled: boolean,
): Promise<Unanswered> {
  requireTenant(admin, tenant.id);
  const found = isId(messageId) ? await unanswered.findUnanswered(tenant, messageId) : undefined;
  if (!found) throw notFound();
  if ((found.handledAt !== null) === isHandled) return found;
  const at = new Date(clock.now());
  await audit.add({
    at,
    actor: admin.actor,
    tenantId: tenant.id,
    action: "unanswered.update",
    target: messageId,
    details: { changes: { handled: { old: !isHandled, new: isHandled } } },
  });
  const marked = await unanswered.markUnanswered(tenant, messageId, isHandled ? at : null);
  if (!marked) throw notFound();
  return marked;
}

function notFound(): AppError {
  return new AppError("MESSAGE_NOT_FOUND", "There is no unanswered question of that message");
}
