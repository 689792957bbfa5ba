import type { Page, PageRequest } from "../ports.ts";
import type { AuditEntry } from "./audit.ts";

/** A tenant as its administrators see it, served or not. */
export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  /** `active` is served; every other one, such as `suspended`, is not. */
  readonly status: string;
  /**
   * The `settings` column as it stands, with what we don't know and what is wrong in it; `parseSettings` says what
   * it means. Empty where somebody has stored something else than an object.
   */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewTenant = Pick<TenantRecord, "id" | "name" | "domain" | "status" | "settings">;

/** What is left out stays as it is; `settings` are the whole of them. */
export type TenantChanges = Partial<Omit<NewTenant, "id">>;

/**
 * Makes, reads and changes tenants of any status; what they are given is checked before. Each change is stored
 * together with its audit entry, or not at all, and takes effect in all processes within a second.
 */
export interface TenantAdminStore {
  /** @throws AppError TENANT_EXISTS */
  createTenant(tenant: NewTenant, audit: AuditEntry): Promise<TenantRecord>;
  findForAdmin(id: string): Promise<TenantRecord | undefined>;
  /** In the order of their ids. */
  listTenants(page: PageRequest): Promise<Page<TenantRecord>>;
  /**
   * Changes of one tenant follow one another, so none is lost.
   * @param change given the tenant as it stands; what it throws leaves the tenant as it is, and so does undefined:
   *   then there is nothing to change. Settings that it doesn't know it hands back as they are:
   *   `({ settings }) => ({ changes: { settings: { ...settings, prompt } }, audit })`.
   * @returns the tenant as it stands now; undefined when there is none of that id: then nothing is stored.
   */
  updateTenant(
    id: string,
    change: (tenant: TenantRecord) => TenantUpdate | undefined,
  ): Promise<TenantRecord | undefined>;
}

/** The entry comes with the change, since it tells the old values, which nobody may alter in between. */
export interface TenantUpdate {
  readonly changes: TenantChanges;
  readonly audit: AuditEntry;
}
