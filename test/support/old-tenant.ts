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
    ${tablesOf004(schema)};
    ${byDefault} revoke all on tables from "${role}";
    ${byDefault} revoke all on sequences from "${role}"`;
}

/** The same without what it granted, for a tenant that has no role. */
export function tablesOf004(schema: string): string {
  return `
    drop table ${schema}.budget_days, ${schema}.budget_holds;
    drop index ${schema}.chats_order;
    ${tablesOf006(schema)};
    delete from ${schema}.migrations where name >= '005'`;
}

/** As migration 006 had it in the release before documents were indexed by the platform itself. */
export function tablesOf006(schema: string): string {
  return `
    drop table ${schema}.search_stats, ${schema}.search_documents, ${schema}.search_terms, ${schema}.postings;
    alter table ${schema}.passages drop column page, drop column search;
    ${searchColumn(schema)};
    drop table ${schema}.document_versions, ${schema}.unanswered;
    drop table ${schema}.web_pages, ${schema}.web_sources;
    drop table ${schema}.chat_changes;
    alter table ${schema}.chats drop column revision;
    drop function ${schema}.follow_newest_message cascade;
    alter table ${schema}.chat_messages drop column citations, drop column parent_id, drop column chosen;
    drop function ${schema}.announce_document_change, ${schema}.mark_index cascade;
    alter table ${schema}.documents drop column live_version;
    drop index ${schema}.analytics_chat;
    drop table ${schema}.erased_owners;
    drop function ${schema}.refuse_erased_owner cascade;
    delete from ${schema}.migrations where name >= '007'`;
}

/** What the releases before the index searched, as migration 002 makes it. */
function searchColumn(schema: string): string {
  const vector = (column: string, weight: string) =>
    `setweight(to_tsvector('pg_catalog.english', translate(${column}, '<>/:=', '     ')), '${weight}')`;
  const all = [vector("title", "A"), vector("heading", "B"), vector("content", "D")].join(" || ");
  return `
    alter table ${schema}.passages add column search tsvector not null generated always as (${all}) stored;
    create index passages_search on ${schema}.passages using gin (search)`;
}
