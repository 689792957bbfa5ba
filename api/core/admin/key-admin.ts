import { isLiveKey, type ApiKey, type KeyRole, type KeyStore } from "../access/api-key.ts";
import type { Secrets } from "../access/tokens.ts";
import { AppError } from "../errors.ts";
import { isId, newId } from "../ids.ts";
import type { Clock, Page, PageRequest } from "../ports.ts";
import { requireTenant, type Administrator } from "./administrator.ts";
import type { AuditAction, AuditEntry } from "./audit.ts";
import { oneOf, text, whole } from "./rules.ts";
import { origins as originsRule } from "./setting-rules.ts";
import { checkField, invalidField } from "./settings-patch.ts";

export interface KeyAdminDeps {
  readonly keys: KeyStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** A key as an admin asks for it; its values are checked here. */
export interface KeyDraft {
  /** `publishable`, `server` or `admin`. */
  readonly role: unknown;
  /** For people: 1 to 100 characters. */
  readonly name: unknown;
  /** Of a publishable key: the only origins that may show it; left out or empty: those of its tenant. */
  readonly origins?: unknown;
  /** Left out or null: never. */
  readonly expiresAt?: Date | null | undefined;
}

/** The only time that the key itself is told. */
export interface MadeKey {
  readonly key: ApiKey;
  readonly secret: string;
}

/** Keys of one tenant that are live at the same time; a bound on mistakes, not exact among admins who race. */
export const maxLiveKeys = 100;
/** Keys of one tenant that are not revoked, live or expired: each of them is listed and looked through. */
export const maxUnrevokedKeys = maxLiveKeys + 200;
/** How long the key that is rotated stays good, in seconds. */
export const defaultGraceSeconds = 86_400;
export const maxGraceSeconds = 30 * 86_400;

const prefixLength = 11;
const nameRule = text(100);
const roleRule = oneOf("publishable", "server", "admin");
const graceRule = whole(0, maxGraceSeconds);

/**
 * Those that are not revoked, newest first; also those that have expired.
 * @throws AppError TENANT_NOT_FOUND, INVALID_CURSOR
 */
export async function listKeys(
  { keys }: KeyAdminDeps,
  admin: Administrator,
  tenantId: string,
  { limit, after }: PageRequest,
): Promise<Page<ApiKey>> {
  requireTenant(admin, tenantId);
  const all = (await keys.listKeys(tenantId)).toSorted(
    (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
  );
  const place = after === undefined ? undefined : readPlace(after);
  const rest = place ? all.filter((key) => isBehind(key, place)) : all;
  const items = rest.slice(0, limit);
  const cursors = items.map(({ createdAt, id }) => `${createdAt.getTime()}-${id}`);
  return { items, cursors, next: rest.length > limit ? (cursors.at(-1) ?? null) : null };
}

/** @throws AppError INVALID_REQUEST with the name of the field, TENANT_NOT_FOUND */
export async function createKey(
  deps: KeyAdminDeps,
  admin: Administrator,
  tenantId: string,
  { role, name, origins = [], expiresAt = null }: KeyDraft,
): Promise<MadeKey> {
  requireTenant(admin, tenantId);
  checkField("role", roleRule, role);
  checkField("name", nameRule, name);
  checkField("origins", originsRule, origins);
  const list: readonly unknown[] = Array.isArray(origins) ? origins : [];
  if (role !== "publishable" && list.length > 0)
    throw invalidField("origins", "only a publishable key has any: the others are for no pages");
  if (expiresAt !== null && !(expiresAt.getTime() > deps.clock.now()))
    throw invalidField("expires_at", "a moment in the future is expected");
  return addKey(deps, admin, tenantId, {
    role: role as KeyRole,
    name: String(name),
    origins: list.map(String),
    expiresAt,
  });
}

/**
 * Makes a key of the same role, name, origins and lifetime, and lets the old one live for the grace time only.
 * @param graceSeconds left out: a day; at most 30 days. 0 ends the old one at once.
 * @throws AppError KEY_NOT_FOUND, INVALID_REQUEST
 */
export async function rotateKey(
  deps: KeyAdminDeps,
  admin: Administrator,
  tenantId: string,
  id: string,
  graceSeconds: unknown = defaultGraceSeconds,
): Promise<MadeKey> {
  requireTenant(admin, tenantId);
  checkField("grace_seconds", graceRule, graceSeconds);
  const { keys, clock } = deps;
  const old = isId(id) ? await keys.findKey(id) : undefined;
  if (!old || old.tenantId !== tenantId || !isLiveKey(old, clock.now())) throw keyNotFound();
  const { role, name, origins, createdAt, expiresAt } = old;
  const lifetime = expiresAt && expiresAt.getTime() - createdAt.getTime();
  const fresh = lifetime === null ? null : new Date(clock.now() + lifetime);
  const made = await addKey(deps, admin, tenantId, { role, name, origins, expiresAt: fresh }, old);
  const end = new Date(clock.now() + Number(graceSeconds) * 1000);
  if (await endOld(deps, admin, old, end)) return made;
  // Someone has revoked it meanwhile, so it has no successor either.
  await revokeKey(deps, admin, tenantId, made.key.id);
  throw keyNotFound();
}

/** Unless it ends before by itself. @returns false for one that has been revoked meanwhile. */
async function endOld(
  deps: KeyAdminDeps,
  admin: Administrator,
  old: ApiKey,
  end: Date,
): Promise<boolean> {
  const { id, tenantId, expiresAt } = old;
  // Among those listed are no revoked ones, and they are read anew.
  if (expiresAt !== null && expiresAt <= end)
    return (await deps.keys.listKeys(tenantId)).some((key) => key.id === id);
  const details = { changes: { expires_at: { old: iso(expiresAt), new: iso(end) } } };
  return deps.keys.expireKey(tenantId, id, end, entry(deps, admin, "key.expire", old, details));
}

/** Ends a key now, and with it the users' tokens that it made. @throws AppError KEY_NOT_FOUND */
export async function revokeKey(
  deps: KeyAdminDeps,
  admin: Administrator,
  tenantId: string,
  id: string,
): Promise<void> {
  requireTenant(admin, tenantId);
  const key = isId(id) ? (await deps.keys.listKeys(tenantId)).find((one) => one.id === id) : null;
  if (!key) throw keyNotFound();
  const { role, name, prefix } = key;
  const audit = entry(deps, admin, "key.revoke", key, { role, name, prefix });
  const now = new Date(deps.clock.now());
  if (!(await deps.keys.revokeKey(tenantId, id, now, audit))) throw keyNotFound();
}

/** The place of a key in the list, which stays when the key is revoked. */
interface Place {
  readonly time: number;
  readonly id: string;
}

function readPlace(cursor: string): Place {
  const [, time, id] = /^(\d{1,15})-([\w-]+)$/.exec(cursor) ?? [];
  if (time !== undefined && id !== undefined) return { time: Number(time), id };
  throw new AppError("INVALID_CURSOR", "This cursor was not issued by this server");
}

function isBehind({ createdAt, id }: ApiKey, place: Place): boolean {
  const time = createdAt.getTime();
  return time === place.time ? id < place.id : time < place.time;
}

type KeyFields = Pick<ApiKey, "role" | "name" | "origins" | "expiresAt">;

async function addKey(
  deps: KeyAdminDeps,
  admin: Administrator,
  tenantId: string,
  fields: KeyFields,
  rotated?: ApiKey,
): Promise<MadeKey> {
  const { keys, secrets, clock } = deps;
  const unrevoked = await keys.listKeys(tenantId);
  if (unrevoked.length >= maxUnrevokedKeys) {
    const text = `This tenant has ${maxUnrevokedKeys} keys that are not revoked: revoke some that have expired`;
    throw new AppError("INVALID_REQUEST", text);
  }
  const live = unrevoked.filter((key) => isLiveKey(key, clock.now()));
  if (live.length >= maxLiveKeys) {
    const text = `This tenant has ${maxLiveKeys} live keys already: revoke one first`;
    throw new AppError("INVALID_REQUEST", text);
  }
  const secret = secrets.make(fields.role === "publishable" ? "pk_" : "sk_");
  const key: ApiKey = {
    id: newId("key"),
    tenantId,
    ...fields,
    prefix: secret.slice(0, prefixLength),
    createdAt: new Date(clock.now()),
    revokedAt: null,
    lastUsedAt: null,
  };
  const { role, name, prefix, origins } = key;
  const details = { role, name, prefix, origins, expires_at: iso(key.expiresAt) };
  const audit = entry(deps, admin, "key.create", key, {
    ...details,
    ...(rotated ? { rotated_from: rotated.id } : {}),
  });
  await keys.addKey({ ...key, hash: secrets.hash(secret) }, audit);
  return { key, secret };
}

function iso(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}

function entry(
  { clock }: Pick<KeyAdminDeps, "clock">,
  { actor }: Administrator,
  action: AuditAction,
  { id, tenantId }: Pick<ApiKey, "id" | "tenantId">,
  details: AuditEntry["details"],
): AuditEntry {
  return { at: new Date(clock.now()), actor, tenantId, action, target: id, details };
}

function keyNotFound(): AppError {
  return new AppError("KEY_NOT_FOUND", "Key not found");
}
