import type { Client } from "pg";

/** What stands in the database of one tenant. */
export interface SchemaState {
  /** The migrations of its history, in their order; empty where there is no schema or no history. */
  readonly history: string;
  /** A digest of its tables, columns, keys, indexes, functions, triggers and rights. */
  readonly digest: string;
}

/**
 * Reads what the schemas of all tenants are, by tenant. Names of the schema and its role are taken out, so that
 * two tenants at the same migration have the same digest.
 */
export async function readSchemaStates(admin: Client): Promise<Map<string, SchemaState>> {
  const states = new Map<string, SchemaState>();
  const { rows: tenants } = await admin.query<{
    id: string;
    schema: string;
    history: string | null;
  }>(
    `select t.id, s.schema, to_regclass(s.schema || '.migrations')::text as history
     from public.tenants t, lateral (select 'tenant_' || replace(t.id, '-', '_') as schema) s`,
  );
  for (const { id, schema, history } of tenants) {
    const names = history
      ? (await admin.query<{ name: string }>(`select name from ${history} order by id`)).rows
      : [];
    const { rows } = await admin.query<{ digest: string }>(digestSql, [schema]);
    states.set(id, {
      history: names.map(({ name }) => name).join(" "),
      digest: rows[0]?.digest ?? "",
    });
  }
  return states;
}

const digestSql = `
  with space as (select oid, nspname from pg_namespace where nspname = $1),
  relations as (select c.* from pg_class c join space on c.relnamespace = space.oid),
  facts as (
    select 'relation ' || relname || ' ' || relkind::text || ' ' || coalesce(relacl::text, '') as fact from relations
    where relname <> 'migrations'
    union all
    select 'column ' || r.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' ||
      a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum where r.relkind = 'r'
    union all
    select 'index ' || pg_get_indexdef(indexrelid) from pg_index join relations r on r.oid = indexrelid
    union all
    select 'key ' || r.relname || ' ' || conname || ' ' || pg_get_constraintdef(k.oid)
    from pg_constraint k join relations r on r.oid = k.conrelid
    union all
    select 'function ' || pg_get_functiondef(p.oid) from pg_proc p join space on p.pronamespace = space.oid
    union all
    select 'trigger ' || pg_get_triggerdef(g.oid) from pg_trigger g join relations r on r.oid = g.tgrelid
    where not g.tgisinternal
  )
  select md5(coalesce(string_agg(f, E'\\n' order by f collate "C"), '')) as digest
  from (select replace(fact, (select nspname from space), 'schema') as f from facts) named`;

/** Whoever was killed may have left statements that still run; until they are over nothing stands still. */
export async function waitForQuiet(admin: Client): Promise<void> {
  for (;;) {
    const { rows } = await admin.query(
      `select from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    if (rows.length === 0) return;
    await admin.query("select pg_sleep(0.02)");
  }
}
