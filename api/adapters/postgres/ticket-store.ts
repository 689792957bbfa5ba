import type { TicketHolder, TicketStore } from "../../core/access/tokens.ts";
import type { Clock } from "../../core/ports.ts";
import type { PublicWork } from "./public-work.ts";

/** How often expired ones are cleared away, and how long after: the processes' clocks may differ. */
const sweepMs = 60_000;

/** The tickets of public.tickets. */
export function createTicketStore(work: PublicWork, clock: Clock): TicketStore {
  let sweptAt = -Infinity;
  return {
    async addTicket(tenantId, hash, holder, expiresAt) {
      const now = clock.now();
      const isSweepDue = now - sweptAt >= sweepMs;
      if (isSweepDue) sweptAt = now;
      await work.change(async (em) => {
        if (isSweepDue) await em.execute(sweepSql, [new Date(now - sweepMs)]);
        await em.execute(addSql, [hash, tenantId, JSON.stringify(holder), expiresAt]);
      });
    },
    takeTicket: (tenantId, hash, now) =>
      work.read(async (em) => {
        const sql = takeSql;
        const [taken] = await em.execute<{ holder: TicketHolder }[]>(sql, [hash, tenantId, now]);
        return taken?.holder;
      }),
  };
}

const sweepSql = "delete from public.tickets where expires_at < ?::timestamptz";

const addSql = `
  insert into public.tickets (hash, tenant_id, holder, expires_at) values (?, ?, ?::jsonb, ?::timestamptz)`;

/** Of all who delete one row at the same time, one is given it. */
const takeSql = `
  delete from public.tickets where hash = ? and tenant_id = ? and expires_at > ?::timestamptz returning holder`;
