import pg from "pg";
import { StartError } from "../../core/errors.ts";

/** Another process serves this database already, and the two can't do so together. */
export class DatabaseInUseError extends StartError {
  constructor(isShared: boolean) {
    const other = isShared
      ? "Another process serves this database already, and without Redis. Set REDIS_URL for it too"
      : "Another process serves this database already. Set REDIS_URL in all processes to serve it with several";
    super(`${other}; else stop that process first, or set POSTGRES_DB to another database.`);
  }
}

/**
 * Takes the lock of those who serve the database, for as long as the session lives. A killed process'
 * session can outlive it for a moment.
 * @param isShared whether others who share it may serve the database too.
 * @throws DatabaseInUseError
 */
export async function lockDatabase(client: pg.Client, isShared: boolean): Promise<void> {
  const lock = isShared ? "pg_advisory_lock_shared" : "pg_advisory_lock";
  await client.query("set lock_timeout = '3s'");
  try {
    await client.query(`select ${lock}(hashtext('miptech server'))`);
  } catch (error) {
    const isHeld = error instanceof pg.DatabaseError && error.code === "55P03";
    throw isHeld ? new DatabaseInUseError(isShared) : error;
  }
}

/** To be called by who has the lock alone: all processes that have leases are dead. */
export async function expireLeases(client: pg.Client): Promise<void> {
  await client.query("update public.processes set expires_at = '-infinity'");
}
