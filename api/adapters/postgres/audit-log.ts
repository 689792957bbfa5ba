import type { EntityManager } from "@mikro-orm/postgresql";
import type { AuditEntry, AuditLog, StoredAuditEntry } from "../../core/admin/audit.ts";
import { newId } from "../../core/ids.ts";
import { parseSeq, toPage } from "./pages.ts";
import { AuditRow } from "./public-entities.ts";
import type { PublicWork } from "./public-work.ts";

/** Newest first is the order in which they were stored, whatever the clocks of the processes say. */
export function createAuditLog(work: PublicWork): AuditLog {
  return {
    add: (entry) => work.change((em) => addEntry(em, entry)),
    list: (tenantId, { limit, after }) =>
      work.read(async (em) => {
        const place = after === undefined ? {} : { seq: { $lt: parseSeq(after) } };
        const rows = await em.find(
          AuditRow,
          { ...(tenantId === undefined ? {} : { tenantId }), ...place },
          { orderBy: { seq: "desc" }, limit: limit + 1 },
        );
        return toPage(rows, limit, toEntry, ({ seq }) => String(seq));
      }),
  };
}

/** Stores it in the transaction of what it tells of. */
export async function addEntry(em: EntityManager, entry: AuditEntry): Promise<void> {
  const { at, actor, tenantId, action, target, details } = entry;
  await em.insert(AuditRow, {
    id: newId("audit"),
    at,
    tenantId,
    actorKind: actor.kind,
    actorId: actor.id,
    actorAddress: actor.address,
    action,
    target,
    details: { ...details },
  });
}

function toEntry(row: AuditRow): StoredAuditEntry {
  return {
    id: row.id,
    at: row.at,
    actor: { kind: row.actorKind, id: row.actorId ?? null, address: row.actorAddress },
    tenantId: row.tenantId ?? null,
    action: row.action,
    target: row.target ?? null,
    details: row.details,
  };
}
