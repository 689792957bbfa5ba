import type { EntityManager } from "@mikro-orm/postgresql";
import { unavailable } from "./errors.ts";

/**
 * Makes sure, within tenant work, that the process has a lease. Nobody can claim it before the
 * transaction has ended, so who claims it later sees what the transaction stores.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export async function requireLease(em: EntityManager, process: string): Promise<void> {
  const sql = `select public.holds_lease(?) as "isHeld"`;
  const [lease] = await em.execute<{ isHeld: boolean }[]>(sql, [process]);
  if (!lease?.isHeld) throw unavailable(new Error(`The process ${process} has no lease`));
}
