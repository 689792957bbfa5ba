import { getConstructionPlans, getMigrationPlans } from "pg-boss";
import manifest from "pg-boss/package.json" with { type: "json" };
import { indexSql } from "./job-rows.ts";
import { queueOptions, schema, type ExecuteSql, type RetryOptions } from "./boss.ts";

/** Its tables, of that very release; null: there are none. */
async function readVersion(execute: ExecuteSql): Promise<number | null> {
  const found = await execute(`select to_regclass('${schema}.version') is not null as "isThere"`);
  if (!(found.rows[0] as { isThere: boolean }).isThere) return null;
  const { rows } = await execute(`select version from ${schema}.version`);
  return Number((rows[0] as { version: unknown }).version);
}

/**
 * Makes pg-boss' schema, or brings it up to date, with our queues in it. To be called under a lock, as who is to own it.
 * @param login who works with the jobs and owns nothing; undefined: the owner itself does. Nobody else gets a right.
 * @throws Error when the schema is of a newer release.
 */
export async function prepareJobs(
  execute: ExecuteSql,
  login: string | undefined,
  retry: RetryOptions,
): Promise<void> {
  const version = await readVersion(execute);
  const wanted = manifest.pgboss.schema;
  if (version !== null && version > wanted) {
    throw new Error(`The job queue's tables are of a newer release (${version}, not ${wanted})`);
  }
  if (version === null) await execute(getConstructionPlans(schema));
  else if (version < wanted) await execute(getMigrationPlans(schema, version));
  for (const [name, options] of Object.entries(queueOptions(retry)))
    await execute(`select ${schema}.create_queue($1, $2::jsonb)`, [name, JSON.stringify(options)]);
  await execute(indexSql);
  if (login === undefined) return;
  const to = `"${login.replaceAll('"', '""')}"`;
  await execute(`grant usage on schema ${schema} to ${to}`);
  await execute(`grant select, insert, update, delete on all tables in schema ${schema} to ${to}`);
  await execute(`grant usage, select on all sequences in schema ${schema} to ${to}`);
}
