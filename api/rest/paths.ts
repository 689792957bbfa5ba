/** Which paths are let in otherwise than those beside them. */
export interface PathPatterns {
  /** The validation of a tenant, which has no caller. */
  readonly validation: string;
  /** Tenants as such, for which the platform's admin needs none. */
  readonly tenants: string;
  /** What was administered, of which the platform's admin reads that of all tenants when they name none. */
  readonly audit: string;
  /** Receipts of deletions, likewise; those of tenants that are gone, too. */
  readonly erasures: string;
}

/** @param prefix API_V1_STR */
export function pathPatterns(prefix: string): PathPatterns {
  return {
    validation: `${prefix}/auth/tenant/*`,
    tenants: `${prefix}/admin/tenants/*`,
    audit: `${prefix}/admin/audit/*`,
    erasures: `${prefix}/admin/erasures/*`,
  };
}
