import pg from "pg";
import type { Roles } from "./roles.ts";

/** What the migrations make in `public`, where people may have things of their own too. */
const ours = {
  tables: [
    "api_keys",
    "audit_log",
    "erasures",
    "external_user_mapping",
    "migrations",
    "places",
    "process_tenants",
    "processes",
    "tenants",
    "tickets",
    "users",
  ],
  functions: [
    "announce_key_change",
    "announce_tenant_change",
    "announce_user_change",
    "announce_user_tie",
    "holds_lease",
    "refuse_change",
  ],
};

/**
 * Gives the owner's role what the login has made in a schema while roles could not be made, so that the owner can go on
 * with it: in `public` what is ours, in a schema of ours all of it and the schema itself. Safe to repeat; all or nothing.
 * What others own stays theirs.
 */
export async function handOver(
  client: pg.Client,
  { owner, login }: Pick<Roles, "owner" | "login">,
  schema: string,
): Promise<void> {
  if (owner === undefined) return;
  const { rows } = await client.query<{ statement: string }>(ownedSql, [
    schema,
    login,
    owner,
    schema === "public" ? [...ours.tables, ...ours.functions] : null,
  ]);
  if (rows.length === 0) return;
  const inSchema = `schema ${pg.escapeIdentifier(schema)} to ${pg.escapeIdentifier(owner)}`;
  const statements = [
    // Only who may make things in a schema can be given what is there.
    `grant usage, create on ${inSchema}`,
    ...rows.map(({ statement }) => statement),
  ];
  await client.query(`begin; ${statements.join("; ")}; commit`);
}

/**
 * The statements. The schema comes last: behind it the login may not enter it any more. Sequences of columns, indexes,
 * types of tables and what belongs to an extension go with what they belong to.
 */
const ownedSql = `
  with owned as (
    select 2 as step, 'schema' as kind, n.oid, 'pg_namespace'::regclass as catalog, format('%I', n.nspname) as name, n.nspname as bare
    from pg_namespace n where n.nspname = $1 and n.nspname <> 'public' and pg_get_userbyid(n.nspowner) = $2
    union all
    select 1, case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
      c.oid, 'pg_class'::regclass, c.oid::regclass::text, c.relname
    from pg_class c
    where c.relnamespace = to_regnamespace(quote_ident($1)) and pg_get_userbyid(c.relowner) = $2
      and c.relkind in ('r', 'p', 'S', 'v', 'm')
    union all
    select 1, 'routine', p.oid, 'pg_proc'::regclass, p.oid::regprocedure::text, p.proname
    from pg_proc p where p.pronamespace = to_regnamespace(quote_ident($1)) and pg_get_userbyid(p.proowner) = $2
    union all
    select 1, 'type', t.oid, 'pg_type'::regclass, t.oid::regtype::text, t.typname
    from pg_type t left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = to_regnamespace(quote_ident($1)) and pg_get_userbyid(t.typowner) = $2
      and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
  )
  select format('alter %s %s owner to %I', kind, name, $3::text) as statement from owned
  where ($4::text[] is null or bare = any ($4)) and not exists (
    select from pg_depend d where d.classid = catalog and d.objid = owned.oid
      and (d.deptype = 'e' or (kind = 'sequence' and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))))
  order by step, kind, name`;
