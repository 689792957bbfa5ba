import type { EntityManager } from "@mikro-orm/postgresql";
import { vectorIds } from "../../core/erasure/erase.ts";
import type { Counts, Erasure } from "../../core/erasure/erasure.ts";
import { tenantSchema, type Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { PublicWork } from "./public-work.ts";
import { query } from "./raw-query.ts";
import type { Roles } from "./roles.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface LeftRowsDeps {
  readonly publicWork: PublicWork;
  readonly work: TenantWork;
  readonly roles: Roles;
  readonly findTenant: (id: string) => Promise<Tenant | undefined>;
}

/** A table with the condition of its rows that should be gone, written with $1. */
type Place = readonly [table: string, condition: string, value: unknown];

/** What is left of something deleted, by table. */
export async function findLeftRows(
  deps: LeftRowsDeps,
  erasure: Erasure,
): Promise<Counts | undefined> {
  if (erasure.kind === "tenant") return findLeftTenant(deps, erasure);
  const above = await deps.publicWork.read((em) => countAll(em, "public", placesAbove(erasure)));
  const tenant = await deps.findTenant(erasure.tenantId);
  if (!tenant) return above;
  const places = placesWithin(erasure);
  const within = await deps.work(tenant, (em) => countAll(em, quotedSchema(tenant), places));
  return { ...above, ...within };
}

async function countAll(
  em: EntityManager,
  schema: string,
  places: readonly Place[],
): Promise<Counts> {
  const counts: Record<string, number> = {};
  for (const [table, condition, value] of places) {
    const sql = `select count(*)::int as count from ${schema}.${table} where ${condition}`;
    const [row] = await query<{ count: number }>(em, sql, [value]);
    const count = row?.count ?? 0;
    if (count > 0) counts[table] = Math.max(counts[table] ?? 0, count);
  }
  return counts;
}

function placesAbove({ kind, subjectId }: Erasure): Place[] {
  if (kind !== "user") return [];
  return [
    ["users", "id = $1", subjectId],
    ["external_user_mapping", "user_id = $1", subjectId],
    ["tickets", "holder ->> 'userId' = $1", subjectId],
  ];
}

function placesWithin(erasure: Erasure): Place[] {
  const { kind, subjectId, trail } = erasure;
  if (kind === "document") {
    const versions = arrayLiteral((trail.versions ?? []).map(({ id }) => id));
    const ids = arrayLiteral([...vectorIds(erasure)]);
    return [
      ["documents", "id = $1", subjectId],
      ["document_versions", "document_id = $1", subjectId],
      ["document_versions", "id = any ($1::text[]) and document_id <> ''", versions],
      ["passages", "document_id = $1", subjectId],
      ["passages", "id = any ($1::text[])", ids],
      ["search_documents", "document_id = $1", subjectId],
      ["postings", "document = $1", trail.searchNumber ?? -1],
    ];
  }
  const [chats, messages] = [trail.chats ?? [], trail.messages ?? []].map((ids) =>
    arrayLiteral([...ids]),
  );
  return [
    ["chats", "id = any ($1::text[])", chats],
    ...(kind === "user" ? ([["chats", "owner_id = $1", subjectId]] as const) : []),
    ["chat_changes", "chat_id = any ($1::text[])", chats],
    ["chat_messages", "chat_id = any ($1::text[])", chats],
    ["chat_messages", "id = any ($1::text[])", messages],
    ["unanswered", "message_id = any ($1::text[])", messages],
    ["analytics", "chat_id = any ($1::text[])", chats],
    ["analytics", "message_id = any ($1::text[])", messages],
    ["budget_holds", "chat_id = any ($1::text[])", chats],
  ];
}

/** Undefined where another tenant has the id by now. */
async function findLeftTenant(
  { publicWork, roles }: LeftRowsDeps,
  { tenantId, finishedAt }: Erasure,
): Promise<Counts | undefined> {
  return publicWork.read(async (em) => {
    const again = `select from public.tenants where id = $1 and created_at >= $2::timestamptz`;
    const since = finishedAt?.toISOString() ?? null;
    if ((await query(em, again, [tenantId, since])).length > 0) return undefined;
    const tied = ["users", "external_user_mapping", "api_keys", "tickets", "process_tenants"];
    const rows = await countAll(em, "public", [
      ["tenants", "id = $1", tenantId],
      ...tied.map((table): Place => [table, "tenant_id = $1", tenantId]),
    ]);
    const catalogs: Place[] = [
      ["pg_tables", "schemaname = $1", tenantSchema(tenantId)],
      ["pg_namespace", "nspname = $1", tenantSchema(tenantId)],
      ["pg_roles", "rolname = $1", roles.tenantRole(tenantId) ?? ""],
    ];
    const {
      pg_tables: tables,
      pg_namespace: schemas,
      pg_roles: ofRole,
    } = await countAll(em, "pg_catalog", catalogs);
    return {
      ...rows,
      ...(tables ? { tables } : {}),
      ...(schemas ? { schemas } : {}),
      ...(ofRole ? { roles: ofRole } : {}),
    };
  });
}
