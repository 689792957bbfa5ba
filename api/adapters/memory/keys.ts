import {
  isLiveKey,
  type ApiKey,
  type KeyStore,
  type NewApiKey,
} from "../../core/access/api-key.ts";
import type { MemoryAudit } from "./audit.ts";
import { compareKeys } from "./pages.ts";

export function createMemoryKeys(audit: Pick<MemoryAudit, "record">): KeyStore {
  const keys = new Map<string, NewApiKey>();
  const change = (key: ApiKey | undefined, changes: Partial<ApiKey>): void => {
    const known = key && keys.get(key.id);
    if (known) keys.set(known.id, { ...known, ...changes });
  };
  const findOwn = (tenantId: string, id: string) => {
    const key = keys.get(id);
    return key?.tenantId === tenantId && key.revokedAt === null ? key : undefined;
  };

  return {
    async findKeyByHash(hash) {
      const key = [...keys.values()].find((one) => one.hash === hash);
      return key && withoutHash(key);
    },
    async findKey(id) {
      const key = keys.get(id);
      return key && withoutHash(key);
    },
    async listKeys(tenantId) {
      const orderOf = (key: ApiKey) => [-key.createdAt.getTime(), key.id];
      return [...keys.values()]
        .filter((key) => key.tenantId === tenantId && key.revokedAt === null)
        .toSorted((a, b) => compareKeys(orderOf(a), orderOf(b)))
        .map(withoutHash);
    },
    async addKey(key, entry) {
      if ([...keys.values()].some(({ id, hash }) => id === key.id || hash === key.hash))
        throw new Error("There is a key of that id or hash already");
      audit.record(entry);
      keys.set(key.id, structuredClone(key));
    },
    async expireKey(tenantId, id, at, entry) {
      const key = findOwn(tenantId, id);
      if (!key || !isLiveKey(key, entry.at.getTime())) return false;
      audit.record(entry);
      change(key, { expiresAt: key.expiresAt !== null && key.expiresAt < at ? key.expiresAt : at });
      return true;
    },
    async revokeKey(tenantId, id, at, entry) {
      const key = findOwn(tenantId, id);
      if (!key) return false;
      audit.record(entry);
      change(key, { revokedAt: at });
      return true;
    },
    noteUse(id, at) {
      const key = keys.get(id);
      if (key && (key.lastUsedAt === null || key.lastUsedAt < at)) change(key, { lastUsedAt: at });
    },
  };
}

function withoutHash({ hash: _hash, ...key }: NewApiKey): ApiKey {
  return key;
}
