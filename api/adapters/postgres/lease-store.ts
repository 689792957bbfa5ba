import type { MikroORM } from "@mikro-orm/core";
import type { PostgreSqlDriver } from "@mikro-orm/postgresql";
import pg from "pg";
import type { Logger } from "../../core/ports.ts";
import type { LeaseStore, Renewal } from "../../core/turns/lease-store.ts";
import { claimExpired, release } from "./lease-claims.ts";
import { isForeignKeyViolation, translateError, unavailable } from "./errors.ts";

export interface LeaseConnection extends LeaseStore {
  close(): Promise<void>;
}

/** The longest wait for a connection, and for a statement. Leases are shorter than what others may wait for. */
const answerMs = 1000;

/**
 * The leases of public.processes, by the database's clock. On a connection of its own, so that a renewal
 * waits for nobody: neither for a place in the pool nor for long work.
 * @param orm for what is not urgent.
 */
export function createLeaseStore(
  orm: MikroORM<PostgreSqlDriver>,
  url: string,
  logger: Logger,
): LeaseConnection {
  const pool = openPool(url, logger);
  /** A claim may have been stored of which we weren't told: its tenants are noted for us, and nobody knows. */
  let hasUntoldClaim = false;
  const ask = <Row extends object>(sql: string, values: unknown[]) =>
    orAway(pool.query<Row>(sql, values));

  return {
    async register(process, leaseMs) {
      await ask(registerSql, [process, leaseMs]);
    },
    async renew(process, leaseMs) {
      const { rows } = await ask<Renewal>(renewSql, [process, leaseMs]);
      const [{ isHeld, hasExpired } = { isHeld: false, hasExpired: false }] = rows;
      return { isHeld, hasExpired: hasExpired || hasUntoldClaim };
    },
    async noteTenant(process, tenantId) {
      try {
        await orm.em.fork().execute(noteSql, [process, tenantId]);
      } catch (error) {
        throw isForeignKeyViolation(error) ? unavailable(error) : translateError(error);
      }
    },
    async claimExpired(process) {
      const claim = transact(pool, async (client) => {
        const tenantIds = await claimExpired(client, process, hasUntoldClaim);
        hasUntoldClaim = true;
        return tenantIds;
      });
      const tenantIds = await orAway(claim);
      hasUntoldClaim = false;
      return tenantIds;
    },
    async listProcesses() {
      const { rows } = await ask<{ id: string }>("select id from public.processes", []);
      return rows.map(({ id }) => id);
    },
    async forgetTenant(process, tenantId) {
      await ask(forgetSql, [process, tenantId]);
    },
    async release(process, left) {
      const kept = hasUntoldClaim ? undefined : left;
      await orAway(transact(pool, (client) => release(client, process, kept)));
    },
    close: () => pool.end(),
  };
}

const expiry = "clock_timestamp() + $2 * interval '1 millisecond'";

const registerSql = `
  insert into public.processes (id, expires_at) values ($1, ${expiry})
  on conflict (id) do update set expires_at = excluded.expires_at`;

const renewSql = `
  with renewed as (
    update public.processes set expires_at = ${expiry} where id = $1 returning id
  )
  select exists (select from renewed) as "isHeld",
         exists (select from public.processes where id <> $1 and expires_at <= clock_timestamp()) as "hasExpired"`;

const forgetSql = "delete from public.process_tenants where process_id = $1 and tenant_id = $2";

const noteSql = `
  insert into public.process_tenants (process_id, tenant_id) values (?, ?) on conflict do nothing`;

function openPool(url: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    keepAlive: true,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    // What we have given up must not happen later, and a claim that is frozen must not hold its rows.
    onConnect: async (client) => {
      await client.query(
        `set statement_timeout = ${0.9 * answerMs}; set idle_in_transaction_session_timeout = ${answerMs}`,
      );
    },
  });
  const log = (error: Error) =>
    logger.debug({ err: error }, "The connection for the process' lease is lost");
  pool.on("error", log);
  pool.on("connect", (client) => client.on("error", log));
  return pool;
}

async function transact<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    // Ends the session, and with it the transaction.
    client.release(true);
    throw error;
  }
}

async function orAway<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw translateError(error);
  }
}
