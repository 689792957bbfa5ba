/** What every text carries that is written for a tenant, so that a row shows whose it is. */
export function markOf(tenantId: string): string {
  return `«${tenantId}»`;
}

/** The marks of other tenants in what was read, one for each time it stands there. */
export function findStrangers(value: unknown, tenantId: string): string[] {
  const marks = JSON.stringify(value ?? null).match(/«[^»]*»/g) ?? [];
  return marks.filter((mark) => mark !== markOf(tenantId));
}
