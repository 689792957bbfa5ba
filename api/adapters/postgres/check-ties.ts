import pg from "pg";
import { StartError } from "../../core/errors.ts";
import { historyTable } from "./migrate.ts";
import type { Roles } from "./roles.ts";

/** A row of public.external_user_mapping that 003-access has no place for. */
interface Tie {
  readonly tenant: string;
  readonly externalId: string;
  readonly userId: string;
  /** The tenant of the user. */
  readonly home: string;
}

/** How many of them the message names. */
const mostNamed = 20;

/**
 * Looks, before 003-access runs, for rows that 001-tenants allowed and it refuses. Which of them are right
 * only people can tell, who have made them by hand.
 * @throws StartError that names the rows and says what to do.
 */
export async function checkTies(client: pg.Client, { owner, login }: Roles): Promise<void> {
  await client.query("begin");
  try {
    await client.query(`set local role ${pg.escapeIdentifier(owner ?? login)}`);
    if (!(await isBefore003(client))) return;
    const ties = await findTies(client);
    if (ties.length > 0) throw new StartError(describe(ties));
  } finally {
    await client.query("rollback");
  }
}

async function isBefore003(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ isMade: boolean }>(
    `select to_regclass('public.external_user_mapping') is not null
       and to_regclass('public.${historyTable}') is not null as "isMade"`,
  );
  if (!rows[0]?.isMade) return false;
  const done = `select from public.${historyTable} where name = '003-access'`;
  return (await client.query(done)).rowCount === 0;
}

async function findTies(client: pg.Client): Promise<Tie[]> {
  const { rows } = await client.query<Tie>(`
    select tenant, "externalId", "userId", home from (
      select m.tenant_id as tenant, m.external_user_id as "externalId", m.user_id::text as "userId",
             u.tenant_id as home, count(*) over (partition by m.tenant_id, m.user_id) as ties
      from public.external_user_mapping m join public.users u on u.id = m.user_id) t
    where ties > 1 or tenant <> home
    order by tenant, "userId", "externalId"`);
  return rows;
}

function describe(ties: readonly Tie[]): string {
  const named = ties.slice(0, mostNamed).map(({ tenant, externalId, userId, home }) => {
    const row = `  tenant_id ${tenant}, external_user_id ${JSON.stringify(externalId)}, user_id ${userId}`;
    return tenant === home ? row : `${row}, who is a user of the tenant ${home}`;
  });
  const others = ties.length - named.length;
  return [
    "The database can't be upgraded: in public.external_user_mapping a user may have only one external id, and only in the user's own tenant. These rows say otherwise:",
    ...named,
    ...(others > 0 ? [`  and ${others} more`] : []),
    "Keep one row of each user, delete those of another tenant's users, and start again. Nothing was changed. One row is deleted with:",
    "  DELETE FROM public.external_user_mapping WHERE tenant_id = '…' AND external_user_id = '…';",
  ].join("\n");
}
