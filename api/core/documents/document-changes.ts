/** Tells those who follow a document that something about it has changed. */
export interface DocumentChanges {
  announce(tenantId: string, documentId: string): void;
  /** Announcements may have been missed. */
  announceAll(): void;
  /** @returns what ends it. */
  listen(tenantId: string, documentId: string, onChange: () => void): () => void;
}

export function createDocumentChanges(): DocumentChanges {
  const listeners = new Map<string, Set<() => void>>();
  const keyOf = (tenantId: string, documentId: string) => `${tenantId}/${documentId}`;
  return {
    announce(tenantId, documentId) {
      for (const tell of listeners.get(keyOf(tenantId, documentId)) ?? []) tell();
    },
    announceAll() {
      for (const tell of [...listeners.values()].flatMap((some) => [...some])) tell();
    },
    listen(tenantId, documentId, onChange) {
      const key = keyOf(tenantId, documentId);
      const tell = () => onChange();
      const some = listeners.get(key) ?? new Set();
      listeners.set(key, some.add(tell));
      return () => {
        some.delete(tell);
        if (some.size === 0 && listeners.get(key) === some) listeners.delete(key);
      };
    },
  };
}
