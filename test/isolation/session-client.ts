import pg from "pg";
import { tenantSchema } from "../../api/core/tenant.ts";
import type { Random } from "../faults/random.ts";
import { findStrangers } from "./mark.ts";

export interface SessionReads {
  readonly reads: number;
  /** Reads that brought another tenant's rows. */
  readonly wrong: number;
  /** Reads that the database refused for want of rights. */
  readonly refused: number;
  /** Reads on a connection where no path was set: without it there is no such table. */
  readonly lost: number;
}

/**
 * A client that is wrong on purpose: a session for each tenant whose `search_path` is set once, and not
 * in each transaction. All is well while each session has a connection to the server of its own.
 */
export async function readBySession(
  url: string,
  tenantIds: readonly string[],
  reads: number,
  random: Random,
): Promise<SessionReads> {
  await using opened = new AsyncDisposableStack();
  const sessions: { id: string; client: pg.Client }[] = [];
  for (const id of tenantIds) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    opened.defer(() => client.end());
    await client.query(`set search_path = ${pg.escapeIdentifier(tenantSchema(id))}`);
    sessions.push({ id, client });
  }
  const counts = { reads: 0, wrong: 0, refused: 0, lost: 0 };
  while (counts.reads < reads) {
    const { id, client } = random.pick(sessions);
    counts.reads += 1;
    try {
      const { rows } = await client.query("select title from chats");
      if (findStrangers(rows, id).length > 0) counts.wrong += 1;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code === "42501") counts.refused += 1;
      else if (error.code === "42P01") counts.lost += 1;
      else throw error;
    }
  }
  return counts;
}
