import pg from "pg";
import { ensureRole, type Roles } from "./roles.ts";

/**
 * Lets a tenant's role work in its schema: with the tables that are there, and with all that migrations are still
 * to make, so that no table is ever there without these rights. To be called before migrating.
 */
export async function grantToTenant(
  client: pg.Client,
  roles: Roles,
  schema: string,
  role: string,
): Promise<void> {
  await ensureRole(client, roles, role);
  await letIntoPublic(client, role);
  const owner = roles.owner ?? roles.login;
  const [inSchema, to] = [pg.escapeIdentifier(schema), pg.escapeIdentifier(role)];
  const { tables, sequences } = await listOwned(client, schema, owner);
  const byDefault = `alter default privileges in schema ${inSchema}`;
  const statements = [
    `set local role ${pg.escapeIdentifier(owner)}`,
    // The login sees that the schema is there, as a person with psql expects, and may read none of its tables.
    `grant usage on schema ${inSchema} to ${to}, ${pg.escapeIdentifier(roles.login)}`,
    `${byDefault} grant ${tableRights.join(", ")} on tables to ${to}`,
    `${byDefault} grant ${sequenceRights.join(", ")} on sequences to ${to}`,
    ...tables.map((name) => `grant ${tableRights.join(", ")} on ${name} to ${to}`),
    ...sequences.map((name) => `grant ${sequenceRights.join(", ")} on sequence ${name} to ${to}`),
  ];
  await client.query(`begin; ${statements.join("; ")}; commit`);
}

const tableRights = ["select", "insert", "update", "delete"];
const sequenceRights = ["usage", "select"];

/**
 * A condition that holds where who asks has the rights on all that `owner` has in the schema; its parameters
 * are the schema and the owner. Tables that people have made there under other roles are none of ours. It goes by
 * pg_depend, which has an index by schema, as pg_class has not, where thousands of tenants have their tables.
 */
export const hasRightsSql = `
  has_schema_privilege('public', 'usage') and not exists (
    select from pg_namespace n
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_class'::regclass
    join pg_class c on c.oid = d.objid
    where n.nspname = ? and pg_get_userbyid(c.relowner) = ? and case
      when c.relkind in ('r', 'p') then not (${has("table", tableRights)})
      when c.relkind = 'S' then not (${has("sequence", sequenceRights)})
      else false
    end)`;

/** Of several rights in one call, any would do. */
function has(kind: "table" | "sequence", rights: readonly string[]): string {
  return rights.map((right) => `has_${kind}_privilege(c.oid, '${right}')`).join(" and ");
}

async function listOwned(client: pg.Client, schema: string, owner: string) {
  const { rows } = await client.query<{ name: string; isSequence: boolean }>(
    `select c.relname as name, c.relkind = 'S' as "isSequence"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and pg_get_userbyid(c.relowner) = $2 and c.relkind in ('r', 'p', 'S')`,
    [schema, owner],
  );
  const quote = ({ name }: { readonly name: string }) =>
    `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  return {
    tables: rows.filter(({ isSequence }) => !isSequence).map(quote),
    sequences: rows.filter(({ isSequence }) => isSequence).map(quote),
  };
}

/**
 * Tenant work asks public.holds_lease. Everybody may enter public, unless somebody has forbidden it; then
 * each role is let in by name, one at a time, since all the grants are kept in one row.
 */
async function letIntoPublic(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    "select has_schema_privilege($1, 'public', 'usage') as may",
    [role],
  );
  if (rows[0]?.may) return;
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock(hashtext('miptech public grants'))");
  await client.query(`grant usage on schema public to ${pg.escapeIdentifier(role)}`);
  await client.query("commit");
}
