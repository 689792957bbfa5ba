import pg from "pg";
import { sqlState } from "./errors.ts";

/** Where misspelt words are found. */
export interface Trigrams {
  /** The schema that pg_trgm is installed in; undefined where it isn't or tenants may not use it. */
  readonly schema: string | undefined;
  /** What the start has to say about its absence. */
  readonly warning: string | undefined;
}

/** Installs pg_trgm where it is missing and the database lets us; without it only misspelt words are not found. */
export async function prepareTrigrams(client: pg.Client): Promise<Trigrams> {
  const reason = await install(client);
  const { rows } = await client.query<{ schema: string; isOpen: boolean }>(`
    select n.nspname as schema, n.nspname = 'public' or exists (
      select from aclexplode(n.nspacl) a where a.grantee = 0 and a.privilege_type = 'USAGE') as "isOpen"
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'`);
  const [found] = rows;
  if (found?.isOpen) return { schema: found.schema, warning: undefined };
  const why = found
    ? `the schema ${found.schema}, which holds it, is not open to all roles`
    : reason;
  const warning = `Questions are searched as they are spelt, since PostgreSQL's extension pg_trgm can't be used: ${why}`;
  return { schema: undefined, warning };
}

/** @returns why it could not be installed. */
async function install(client: pg.Client): Promise<string | undefined> {
  try {
    await client.query("create extension if not exists pg_trgm schema public");
    return undefined;
  } catch (error) {
    const isRefused = ["42501", "0A000", "58P01", "22023"].includes(sqlState(error) ?? "");
    if (!(error instanceof Error) || !isRefused) throw error;
    return error.message;
  }
}
