import type { ApiKey, KeyStore } from "../../core/access/api-key.ts";
import { isId } from "../../core/ids.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import { createAnnouncedCache } from "./announced-cache.ts";
import { addEntry } from "./audit-log.ts";
import { createKeyUses, writeUses } from "./key-uses.ts";
import { KeyRow } from "./public-entities.ts";
import type { PublicWork } from "./public-work.ts";

export interface CachedKeyStore extends KeyStore {
  /** Reads one key anew at its next use; all of them where no id is given. */
  forget(id?: string): void;
  /** Writes down which keys were used. Never throws. */
  close(): Promise<void>;
}

export interface KeyStoreDeps {
  readonly work: PublicWork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isListening: () => boolean;
}

/** The keys of public.api_keys, cached; the database announces each change. */
export function createKeyStore(deps: KeyStoreDeps): CachedKeyStore {
  const { work, clock, logger, isListening } = deps;
  // Hashes that nobody has are remembered too, so a change of any key may concern each of them.
  const byHash = createAnnouncedCache<ApiKey | undefined>(clock, isListening);
  const byId = createAnnouncedCache<ApiKey | undefined>(clock, isListening);
  const uses = createKeyUses((latest) => writeUses(work, latest), clock, logger);

  const find = (where: { id: string } | { hash: string }) =>
    work.read(async (em) => {
      const row = await em.findOne(KeyRow, where);
      return row ? toKey(row) : undefined;
    });
  function forget(id?: string): void {
    byHash.clear();
    if (id === undefined) byId.clear();
    else byId.drop(id);
  }

  return {
    findKeyByHash: (hash, lookUp) => byHash.read(hash, () => find({ hash }), lookUp),
    findKey: async (id) => (isId(id) ? byId.read(id, () => find({ id })) : undefined),
    listKeys: (tenantId) =>
      work.read(async (em) => {
        const orderBy = [{ createdAt: "desc" }, { id: "desc" }] as const;
        const where = { tenantId, revokedAt: null };
        return (await em.find(KeyRow, where, { orderBy: [...orderBy] })).map(toKey);
      }),
    async addKey(key, audit) {
      await work.change(async (em) => {
        await em.insert(KeyRow, { ...key, origins: [...key.origins] });
        await addEntry(em, audit);
      });
      forget(key.id);
    },
    async expireKey(tenantId, id, at, audit) {
      if (!isId(id)) return false;
      const isDone = await work.change(async (em) => {
        const changed = await em.execute<object[]>(expireSql, [at, id, tenantId, audit.at]);
        if (changed.length > 0) await addEntry(em, audit);
        return changed.length > 0;
      });
      forget(id);
      return isDone;
    },
    async revokeKey(tenantId, id, at, audit) {
      if (!isId(id)) return false;
      const isDone = await work.change(async (em) => {
        const where = { id, tenantId, revokedAt: null };
        const changed = await em.nativeUpdate(KeyRow, where, { revokedAt: at });
        if (changed > 0) await addEntry(em, audit);
        return changed > 0;
      });
      forget(id);
      return isDone;
    },
    noteUse: uses.note,
    forget,
    close: uses.close,
  };
}

/** `least` passes over null. */
const expireSql = `
  update public.api_keys set expires_at = least(expires_at, ?::timestamptz)
  where id = ? and tenant_id = ? and revoked_at is null and (expires_at is null or expires_at > ?::timestamptz)
  returning id`;

function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    tenantId: row.tenantId,
    role: row.role,
    name: row.name,
    prefix: row.prefix,
    origins: row.origins,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt ?? null,
    revokedAt: row.revokedAt ?? null,
    lastUsedAt: row.lastUsedAt ?? null,
  };
}
