import type { EmbeddedDocuments } from "../../core/documents/embedded-documents.ts";
import type { NewJob } from "../../core/jobs/job-store.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { SendJobs } from "./job-outbox.ts";
import { query } from "./raw-query.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface EmbeddedDocumentsDeps {
  readonly work: TenantWork;
  readonly sendJobs: SendJobs;
  /** Told when jobs were sent. */
  readonly onSend: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds until it is looked again where nothing was to be queued. */
const pauseMs = 10_000;
/** Documents of a tenant that are on their way at most when more are queued: a new one needn't wait long behind them. */
const mostOpen = 50;

export function createEmbeddedDocuments(deps: EmbeddedDocumentsDeps): EmbeddedDocuments {
  const { work, sendJobs, onSend, clock, logger } = deps;
  const idle = new Map<string, number>();
  const warned = new Set<string>();
  return {
    readState: (tenant, space, documentIds) =>
      work(tenant, async (em) => {
        const schema = quotedSchema(tenant);
        const live = `${schema}.documents d join ${schema}.document_versions v on v.id = d.live_version`;
        // Three ranges of the index, where "is distinct from" would read all rows.
        const [row] = await query<{ isBehind: boolean; stale: string[] }>(
          em,
          `select exists (
             select from ${live} where v.embedded_by < $1 or v.embedded_by > $1 or v.embedded_by is null
           ) as "isBehind", array(
             select d.id from ${live} where d.id = any ($2::text[]) and v.embedded_by is distinct from $1
           ) as stale`,
          [space, arrayLiteral(documentIds)],
        );
        return { isBehind: row?.isBehind ?? false, stale: new Set(row?.stale) };
      }),
    async embedBehind(tenant, space) {
      if (clock.now() - (idle.get(tenant.id) ?? -Infinity) < pauseMs) return;
      try {
        const queued = await work(tenant, async (em) => {
          const schema = quotedSchema(tenant);
          const rows = await query<{ versionId: string; documentId: string }>(
            em,
            `update ${schema}.document_versions u
             set state = 'queued', progress = 0, error_code = null, error = null, updated_at = now()
             where u.state = 'complete' and u.id in (
               select v.id from ${schema}.documents d join ${schema}.document_versions v on v.id = d.live_version
               where (v.embedded_by < $1 or v.embedded_by > $1 or v.embedded_by is null) and v.state = 'complete'
                 and not exists (
                   select from ${schema}.document_versions n where n.document_id = d.id and n.seq > v.seq)
               order by d.id
               limit greatest(0, $2 - (
                 select count(*) from ${schema}.document_versions o where o.state not in ('complete', 'failed')))
               for update of d skip locked
             ) returning u.id as "versionId", u.document_id as "documentId"`,
            [space, mostOpen],
          );
          const jobs = rows.map((data): NewJob => ({
            kind: "ingest-document",
            tenantId: tenant.id,
            data,
          }));
          await sendJobs(em, tenant, jobs);
          return rows.length;
        });
        if (queued === 0) idle.set(tenant.id, clock.now());
        else idle.delete(tenant.id);
        if (queued === 0) return;
        if (!warned.has(tenant.id))
          logger.warn(
            { tenant_id: tenant.id, space },
            "Documents without vectors of the present embedding model and index are embedded in the background; until then their words alone find them",
          );
        warned.add(tenant.id);
        onSend();
      } catch (error) {
        logger.warn(
          { err: error, tenant_id: tenant.id },
          "Documents of another embedding model can't be looked after",
        );
      }
    },
  };
}
