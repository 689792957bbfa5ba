import type { Clock, Page, PageRequest } from "../ports.ts";
import { isTenantId, maxTenantIdLength, parseSettings } from "../tenant.ts";
import {
  requirePlatform,
  requireTenant,
  tenantNotFound,
  type Administrator,
} from "./administrator.ts";
import type { AuditEntry } from "./audit.ts";
import { isSameJson, listChanges, type JsonObject } from "./merge-patch.ts";
import { oneOf, text, type Rule } from "./rules.ts";
import { checkField, invalidField, patchSettings, showSettings } from "./settings-patch.ts";
import type { TenantAdminStore, TenantChanges, TenantRecord } from "./tenant-admin-store.ts";

export interface TenantAdminDeps {
  readonly tenants: TenantAdminStore;
  readonly clock: Clock;
}

/** A JSON merge patch of a tenant; its values are checked here. */
export interface TenantPatch {
  readonly name?: unknown;
  /** Null takes it away. */
  readonly domain?: unknown;
  readonly status?: unknown;
  /** A merge patch of the settings: null takes a setting away. */
  readonly settings?: unknown;
}

export interface TenantDraft extends TenantPatch {
  readonly id: string;
}

const nameRule = text(200);
const statusRule = oneOf("active", "suspended");

const domainRule: Rule = (value) =>
  typeof value === "string" &&
  value.length <= 253 &&
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i.test(value)
    ? undefined
    : "a name of the net such as example.com is expected";

/**
 * Makes a tenant, which works from its first request on. Left out, its name is its id and its status `active`.
 * @throws AppError INVALID_REQUEST with the name of the field, TENANT_EXISTS, FORBIDDEN
 */
export async function createTenant(
  { tenants, clock }: TenantAdminDeps,
  admin: Administrator,
  { id, ...patch }: TenantDraft,
): Promise<TenantRecord> {
  requirePlatform(admin, "Making tenants");
  if (!isTenantId(id)) {
    const letters = "lower-case letters, digits and single hyphens between them";
    throw invalidField("id", `1 to ${maxTenantIdLength} ${letters} are expected`);
  }
  const empty = { name: id, domain: null, status: "active", settings: {} };
  const tenant = { id, ...empty, ...readPatch(empty, patch, true) };
  const { settings, ...rest } = tenant;
  const details = { ...rest, settings: showSettings(settings) };
  return tenants.createTenant(tenant, entry(admin, clock, "tenant.create", id, details));
}

/** In the order of their ids, served or not. @throws AppError FORBIDDEN, INVALID_CURSOR */
export async function listTenants(
  { tenants }: TenantAdminDeps,
  admin: Administrator,
  page: PageRequest,
): Promise<Page<TenantRecord>> {
  requirePlatform(admin, "Listing tenants");
  return tenants.listTenants(page);
}

/** @throws AppError TENANT_NOT_FOUND, alike for one that isn't there and one that isn't theirs */
export async function openTenantRecord(
  { tenants }: TenantAdminDeps,
  admin: Administrator,
  id: string,
): Promise<TenantRecord> {
  requireTenant(admin, id);
  const found = isTenantId(id) ? await tenants.findForAdmin(id) : undefined;
  if (!found) throw tenantNotFound();
  return found;
}

/**
 * Changes a tenant in one step with its audit entry, which tells each changed field with its old and new value.
 * What changes nothing leaves no entry.
 * @throws AppError INVALID_REQUEST and FORBIDDEN with the name of the field, TENANT_NOT_FOUND
 */
export async function updateTenant(
  { tenants, clock }: TenantAdminDeps,
  admin: Administrator,
  id: string,
  patch: TenantPatch,
): Promise<TenantRecord> {
  requireTenant(admin, id);
  const isPlatform = admin.tenantId === undefined;
  if (!isPlatform) {
    const barred = (["domain", "status"] as const).find((name) => patch[name] !== undefined);
    if (barred) requirePlatform(admin, `${barred}: setting it`);
  }
  const updated = isTenantId(id)
    ? await tenants.updateTenant(id, (tenant) => {
        const changes = readPatch(tenant, patch, isPlatform);
        if (isSameJson(shown(tenant), shown({ ...tenant, ...changes }))) return undefined;
        const details = {
          changes: listChanges(showable(tenant), showable({ ...tenant, ...changes })),
        };
        return { changes, audit: entry(admin, clock, "tenant.update", id, details) };
      })
    : undefined;
  if (!updated) throw tenantNotFound();
  return updated;
}

/** The origins whose pages may call for a tenant, besides those of CORS_ORIGINS. */
export function originsOf({ id, settings }: TenantRecord): readonly string[] {
  return parseSettings(settings, id).allowedOrigins;
}

/** Sets them all. @throws AppError as updateTenant */
export async function setOrigins(
  deps: TenantAdminDeps,
  admin: Administrator,
  id: string,
  origins: unknown,
): Promise<readonly string[]> {
  const patch = { settings: { allowed_origins: origins } };
  return originsOf(await updateTenant(deps, admin, id, patch));
}

type Patched = Pick<TenantRecord, "name" | "domain" | "status" | "settings">;

function readPatch(tenant: Patched, patch: TenantPatch, isPlatform: boolean): TenantChanges {
  const { name, domain, status, settings } = patch;
  if (name !== undefined) checkField("name", nameRule, name);
  if (domain !== undefined && domain !== null) checkField("domain", domainRule, domain);
  if (status !== undefined) checkField("status", statusRule, status);
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(domain === null || typeof domain === "string" ? { domain } : {}),
    ...(typeof status === "string" ? { status } : {}),
    ...(settings === undefined
      ? {}
      : { settings: patchSettings(tenant.settings, settings, isPlatform) }),
  };
}

function shown({ name, domain, status, settings }: Patched): JsonObject {
  return { name, domain, status, settings };
}

function showable(tenant: Patched): JsonObject {
  return { ...shown(tenant), settings: showSettings(tenant.settings) };
}

function entry(
  { actor }: Administrator,
  clock: Clock,
  action: "tenant.create" | "tenant.update",
  tenantId: string,
  details: AuditEntry["details"],
): AuditEntry {
  return { at: new Date(clock.now()), actor, tenantId, action, target: tenantId, details };
}
