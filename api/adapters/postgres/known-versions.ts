import type { EntityManager } from "@mikro-orm/postgresql";
import type { Tenant } from "../../core/tenant.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";

/** What of a document is live, and what is newest. */
export interface KnownVersions {
  /** Undefined before any is live. */
  readonly liveHash: string | undefined;
  readonly newestHash: string | undefined;
  readonly hasFailed: boolean;
  /** Whether the live version is this one, and a newer one is there. */
  isBehind(hash: string): boolean;
}

export async function readVersions(
  em: EntityManager,
  tenant: Tenant,
  documentId: string,
): Promise<KnownVersions> {
  const rows = await query<{ hash: string; state: string; isLive: boolean }>(
    em,
    `select v.hash, v.state, v.id = d.live_version as "isLive" from ${quotedSchema(tenant)}.document_versions v
     join ${quotedSchema(tenant)}.documents d on d.id = v.document_id where d.id = $1 order by v.seq desc`,
    [documentId],
  );
  const [newest] = rows;
  const live = rows.find(({ isLive }) => isLive);
  return {
    liveHash: live?.hash,
    newestHash: newest?.hash,
    hasFailed: newest?.state === "failed",
    isBehind: (hash) => live?.hash === hash && newest !== live && newest?.hash !== hash,
  };
}

/** Whether it is what is live, or under way. */
export function matches({ liveHash, newestHash, hasFailed }: KnownVersions, hash: string): boolean {
  return liveHash === hash || (newestHash === hash && !hasFailed);
}
