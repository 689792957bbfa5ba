import type pg from "pg";
import { unavailable } from "./errors.ts";

/**
 * Within a transaction: ends the leases that have run out and notes their tenants for `process`. First
 * the rows are locked, then looked at by a statement of its own: it sees what was noted until the lock.
 * A row that somebody stores a turn under, or claims, at this moment is left for the next time.
 * @param isAll gives back all tenants that are noted for the process, not only those that come now.
 * @throws AppError SERVICE_UNAVAILABLE when the process itself has no lease.
 */
export async function claimExpired(
  client: pg.ClientBase,
  process: string,
  isAll: boolean,
): Promise<string[]> {
  // An earlier claim of ours, whose reply was lost, may still be under way: what it brings is seen below.
  await client.query("select pg_advisory_xact_lock(hashtextextended('miptech claim ' || $1, 0))", [
    process,
  ]);
  const own = await client.query("select from public.processes where id = $1 for key share", [
    process,
  ]);
  if (own.rowCount === 0) throw unavailable(new Error(`The process ${process} has no lease`));
  const expired = await client.query<{ id: string }>(
    `select id from public.processes where id <> $1 and expires_at <= clock_timestamp()
     for update skip locked`,
    [process],
  );
  if (expired.rows.length === 0 && !isAll) return [];
  const ids = expired.rows.map(({ id }) => id);
  const { rows } = await client.query<{ tenantId: string }>(claimSql, [
    process,
    ids,
    isAll ? [...ids, process] : ids,
  ]);
  return rows.map(({ tenantId }) => tenantId);
}

const claimSql = `
  with noted as (
    insert into public.process_tenants (process_id, tenant_id)
    select distinct $1, tenant_id from public.process_tenants where process_id = any ($2)
    on conflict do nothing
  ), ended as (
    delete from public.processes where id = any ($2)
  )
  select distinct tenant_id as "tenantId" from public.process_tenants where process_id = any ($3)`;

/**
 * Within a transaction: a process without tenants leaves nothing behind that others would have to claim.
 * @param left the tenants that stay noted; all of them where it is undefined.
 */
export async function release(
  client: pg.ClientBase,
  process: string,
  left: readonly string[] | undefined,
): Promise<void> {
  await client.query("select from public.processes where id = $1 for update", [process]);
  if (left) {
    await client.query(
      "delete from public.process_tenants where process_id = $1 and tenant_id <> all ($2)",
      [process, left],
    );
  }
  await client.query(
    `delete from public.processes where id = $1
     and not exists (select from public.process_tenants where process_id = $1)`,
    [process],
  );
  await client.query("update public.processes set expires_at = '-infinity' where id = $1", [
    process,
  ]);
}
