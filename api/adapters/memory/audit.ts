import type { AuditEntry, AuditLog, StoredAuditEntry } from "../../core/admin/audit.ts";
import { newId } from "../../core/ids.ts";
import { takePage } from "./pages.ts";

export interface MemoryAudit extends AuditLog {
  /** At once, so that the change it tells of can be made in the same step. */
  record(entry: AuditEntry): void;
}

export function createMemoryAudit(): MemoryAudit {
  const entries: { readonly seq: number; readonly entry: StoredAuditEntry }[] = [];
  function record(entry: AuditEntry): void {
    const stored = structuredClone({ ...entry, id: newId("audit") });
    entries.unshift({ seq: entries.length + 1, entry: stored });
  }
  return {
    record,
    async add(entry) {
      record(entry);
    },
    async list(tenantId, page) {
      const own = entries.filter(
        ({ entry }) => tenantId === undefined || entry.tenantId === tenantId,
      );
      const { items, ...places } = takePage(own, ({ seq }) => [-seq], page, [0]);
      return { ...places, items: items.map(({ entry }) => structuredClone(entry)) };
    },
  };
}
