import type { User, UserChanges, UserStore } from "../access/user.ts";
import { AppError } from "../errors.ts";
import { isId } from "../ids.ts";
import type { Clock, Page, PageRequest } from "../ports.ts";
import { requireTenant, type Administrator } from "./administrator.ts";
import { listChanges } from "./merge-patch.ts";
import { oneOf } from "./rules.ts";
import { checkField, invalidField } from "./settings-patch.ts";

export interface UserAdminDeps {
  readonly users: UserStore;
  readonly clock: Clock;
}

/** What an admin may change of a user; names and addresses come with their tokens. Checked here. */
export interface UserPatch {
  /** `member` or `admin`. */
  readonly role?: unknown;
  /** `active` or `blocked`. */
  readonly status?: unknown;
}

const roleRule = oneOf("member", "admin");
const statusRule = oneOf("active", "blocked");

/** Newest first. @throws AppError TENANT_NOT_FOUND, INVALID_CURSOR */
export async function listUsers(
  { users }: UserAdminDeps,
  admin: Administrator,
  tenantId: string,
  page: PageRequest,
): Promise<Page<User>> {
  requireTenant(admin, tenantId);
  return users.listUsers(tenantId, page);
}

/** @throws AppError USER_NOT_FOUND, TENANT_NOT_FOUND */
export async function openUser(
  { users }: UserAdminDeps,
  admin: Administrator,
  tenantId: string,
  id: string,
): Promise<User> {
  requireTenant(admin, tenantId);
  const user = isId(id) ? await users.findUser(tenantId, id) : undefined;
  if (!user) throw userNotFound();
  return user;
}

/**
 * Blocks, unblocks, or gives a role; what changes nothing leaves no audit entry. Who administers as a user can
 * neither block themselves nor take their own role away: nobody is locked out by a slip.
 * @throws AppError USER_NOT_FOUND, INVALID_REQUEST with the name of the field
 */
export async function updateUser(
  deps: UserAdminDeps,
  admin: Administrator,
  tenantId: string,
  id: string,
  { role, status }: UserPatch,
): Promise<User> {
  const changes = readPatch({ role, status });
  const user = await openUser(deps, admin, tenantId, id);
  const isSelf = admin.actor.kind === "user" && admin.actor.id === id;
  if (isSelf && changes.role === "member") throw invalidField("role", "it is your own");
  if (isSelf && changes.status === "blocked") throw invalidField("status", "it is your own");
  const changed = listChanges(pick(user), pick({ ...user, ...changes }));
  if (Object.keys(changed).length === 0) return user;
  const updated = await deps.users.updateUser(tenantId, id, changes, {
    at: new Date(deps.clock.now()),
    actor: admin.actor,
    tenantId,
    action: "user.update",
    target: id,
    details: { changes: changed },
  });
  if (!updated) throw userNotFound();
  return updated;
}

function readPatch({ role, status }: UserPatch): UserChanges {
  if (role !== undefined) checkField("role", roleRule, role);
  if (status !== undefined) checkField("status", statusRule, status);
  return {
    ...(role === "member" || role === "admin" ? { role } : {}),
    ...(status === "active" || status === "blocked" ? { status } : {}),
  };
}

function pick({ role, status }: User) {
  return { role, status };
}

export function userNotFound(): AppError {
  return new AppError("USER_NOT_FOUND", "User not found");
}
