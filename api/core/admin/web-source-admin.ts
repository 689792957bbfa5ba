import { AppError } from "../errors.ts";
import { isId, newId } from "../ids.ts";
import type { Clock, Page, PageRequest } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import { readSettings, readUrl, type SettingsPatch } from "../web/read-settings.ts";
import type { AddressRules } from "../web/address.ts";
import type {
  WebPageFault,
  WebSource,
  WebSourceKind,
  WebSourceSettings,
  WebSourceStore,
} from "../web/web-source.ts";
import { requireTenant, type Administrator } from "./administrator.ts";
import type { AuditAction, AuditLog } from "./audit.ts";

/** What the doors need of web sources. */
export interface WebAccess {
  readonly sources: WebSourceStore;
  readonly addresses: AddressRules;
}

export interface WebSourceAdminDeps extends WebAccess {
  readonly audit: AuditLog;
  readonly clock: Clock;
}

export interface WebSourceDraft extends SettingsPatch {
  readonly url: string;
  readonly kind: WebSourceKind;
}

const maxFaults = 20;

/**
 * Takes a page, or the pages of a sitemap, from now on; they are read in the background. For this and what follows:
 * first the audit entry, then the deed.
 * @throws AppError INVALID_REQUEST, ADDRESS_NOT_ALLOWED, WEB_SOURCE_EXISTS, WEB_SOURCE_LIMIT_REACHED, TENANT_NOT_FOUND
 */
export async function addWebSource(
  deps: WebSourceAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  { url: given, kind, ...patch }: WebSourceDraft,
): Promise<WebSource> {
  requireTenant(admin, tenant.id);
  const url = readUrl(given, deps.addresses);
  const settings = readSettings(patch);
  const source = {
    id: newId("web"),
    url,
    kind,
    ...settings,
    createdAt: new Date(deps.clock.now()),
  };
  await note(deps, admin, tenant, "web-source.add", url, {
    id: source.id,
    kind,
    ...wire(settings),
  });
  return deps.sources.addWebSource(tenant, source);
}

/** @throws AppError TENANT_NOT_FOUND, INVALID_CURSOR */
export async function listWebSources(
  { sources }: Pick<WebSourceAdminDeps, "sources">,
  admin: Administrator,
  tenant: Tenant,
  page: PageRequest,
): Promise<Page<WebSource>> {
  requireTenant(admin, tenant.id);
  return sources.pageWebSources(tenant, page);
}

/** @throws AppError WEB_SOURCE_NOT_FOUND, TENANT_NOT_FOUND */
export async function openWebSource(
  { sources }: Pick<WebSourceAdminDeps, "sources">,
  admin: Administrator,
  tenant: Tenant,
  id: string,
): Promise<WebSource> {
  requireTenant(admin, tenant.id);
  const found = isId(id) ? await sources.findWebSource(tenant, id) : undefined;
  return found ?? refuse();
}

/** The pages of it that could not be fetched in the last read, at most twenty. */
export function listFaults(
  { sources }: Pick<WebSourceAdminDeps, "sources">,
  tenant: Tenant,
  id: string,
): Promise<WebPageFault[]> {
  return sources.listPageFaults(tenant, id, maxFaults);
}

/**
 * Which pages are taken counts from the next read on. What changes nothing leaves no entry.
 * @throws AppError INVALID_REQUEST, WEB_SOURCE_NOT_FOUND, TENANT_NOT_FOUND
 */
export async function changeWebSource(
  deps: WebSourceAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  id: string,
  patch: SettingsPatch,
): Promise<WebSource> {
  const source = await openWebSource(deps, admin, tenant, id);
  const settings = readSettings(patch, source);
  const [old, wanted] = [wire(source), wire(settings)];
  const changes = Object.fromEntries(
    Object.entries(wanted)
      .map(([name, value]) => [name, { old: old[name], new: value }] as const)
      .filter(([, change]) => JSON.stringify(change.old) !== JSON.stringify(change.new)),
  );
  if (Object.keys(changes).length === 0) return source;
  await note(deps, admin, tenant, "web-source.update", source.url, { id, changes });
  const now = deps.clock.now();
  const dueAt = dueAfter(source, settings, now);
  const changed = await deps.sources.changeWebSource(tenant, id, settings, dueAt, new Date(now));
  return changed ?? refuse();
}

/** Reads it now; where it is being read, once more behind that. @throws AppError as `openWebSource` */
export async function refreshWebSource(
  deps: WebSourceAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  id: string,
): Promise<WebSource> {
  const { url } = await openWebSource(deps, admin, tenant, id);
  await note(deps, admin, tenant, "web-source.refresh", url, { id });
  const now = new Date(deps.clock.now());
  return (await deps.sources.refreshWebSource(tenant, id, now)) ?? refuse();
}

/**
 * It isn't read any more, and its documents are deleted in the background, unless they are to be kept.
 * @throws AppError as `openWebSource`
 */
export async function removeWebSource(
  deps: WebSourceAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  id: string,
  keepDocuments: boolean,
): Promise<void> {
  const { url, pages } = await openWebSource(deps, admin, tenant, id);
  const details = { id, pages: pages.total, keep_documents: keepDocuments };
  await note(deps, admin, tenant, "web-source.delete", url, details);
  const now = new Date(deps.clock.now());
  const isRemoved = await deps.sources.removeWebSource(tenant, id, keepDocuments, now);
  if (!isRemoved) refuse();
}

function dueAfter(
  { fetchedAt }: WebSource,
  { everyHours }: WebSourceSettings,
  now: number,
): Date | null {
  if (everyHours === null) return null;
  return new Date(Math.max(now, (fetchedAt?.getTime() ?? now) + everyHours * 3_600_000));
}

function wire(settings: WebSourceSettings): Readonly<Record<string, unknown>> {
  const { everyHours, maxPages, include, exclude } = settings;
  return { every_hours: everyHours, max_pages: maxPages, include, exclude };
}

async function note(
  { audit, clock }: WebSourceAdminDeps,
  { actor }: Administrator,
  tenant: Tenant,
  action: Extract<AuditAction, `web-source.${string}`>,
  target: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = new Date(clock.now());
  await audit.add({ at, actor, tenantId: tenant.id, action, target, details });
}

function refuse(): never {
  throw new AppError("WEB_SOURCE_NOT_FOUND", "Web source not found");
}
