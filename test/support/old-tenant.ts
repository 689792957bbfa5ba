import { roleName } from "../../api/adapters/postgres/roles.ts";

/** The role of tenant work, in a database of that name. */
export function tenantRole(database: string, schema: string): string {
  return roleName(database, schema);
}

/**
 * SQL for the superuser that leaves a tenant's schema as migration 004 had it in the release before budgets, which
 * granted on the tables one by one and set no default privileges.
 */
export function backTo004(database: string, schema: string): string {
  const byDefault = `alter default privileges for role "${roleName(database, "owner")}" in schema ${schema}`;
  const role = tenantRole(database, schema);
  return `
    drop table ${schema}.budget_days, ${schema}.budget_holds;
    drop index ${schema}.chats_order;
    delete from ${schema}.migrations where name >= '005';
    ${byDefault} revoke all on tables from "${role}";
    ${byDefault} revoke all on sequences from "${role}"`;
}
