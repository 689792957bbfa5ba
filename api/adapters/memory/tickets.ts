import type { TicketHolder, TicketStore } from "../../core/access/tokens.ts";

export function createMemoryTickets(): TicketStore {
  const tickets = new Map<string, { tenantId: string; holder: TicketHolder; expiresAt: Date }>();
  return {
    async addTicket(tenantId, hash, holder, expiresAt) {
      tickets.set(hash, { tenantId, holder: { ...holder }, expiresAt });
    },
    async takeTicket(tenantId, hash, now) {
      const ticket = tickets.get(hash);
      if (ticket?.tenantId !== tenantId || ticket.expiresAt <= now) return undefined;
      tickets.delete(hash);
      return ticket.holder;
    },
  };
}
