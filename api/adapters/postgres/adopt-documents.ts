import type { EntityManager } from "@mikro-orm/postgresql";
import { newId } from "../../core/ids.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { vectorJobs } from "./document-rows.ts";
import type { SendJobs } from "./job-outbox.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";

/**
 * Gives documents that a process of an older release has put the versions that it knows nothing of, as migration 008
 * gave them to those that were there: without one the upload of what was there before would seem to change nothing.
 * One of which a newer version is under way is left to that.
 */
export async function adoptDocuments(
  em: EntityManager,
  tenant: Tenant,
  sendJobs: SendJobs,
  ids: readonly string[],
): Promise<void> {
  const schema = quotedSchema(tenant);
  const put = await query<{ id: string }>(
    em,
    `select d.id from ${schema}.documents d left join ${schema}.document_versions v on v.id = d.live_version
     where d.id = any ($1::text[]) and d.content_hash <> '' and v.hash is distinct from d.content_hash
       and not exists (
         select from ${schema}.document_versions o
         where o.document_id = d.id and o.state not in ('complete', 'failed'))
     order by d.id for update of d`,
    [arrayLiteral(ids)],
  );
  for (const { id } of put) {
    const gone = await query<{ id: string; vectors: number | null }>(
      em,
      `delete from ${schema}.document_versions where document_id = $1 returning id, vectors`,
      [id],
    );
    await query(
      em,
      `with version as (
         insert into ${schema}.document_versions
           (id, document_id, title, url, media_type, original, size, hash, state, progress)
         select $2, id, title, url, media_type, convert_to(content, 'UTF8'), octet_length(content), content_hash, 'complete', 100
         from ${schema}.documents where id = $1 returning id
       )
       update ${schema}.documents set live_version = version.id from version where documents.id = $1`,
      [id, newId("ver")],
    );
    const jobs = gone.flatMap(({ id: version, vectors }) =>
      vectors === null ? [] : vectorJobs(tenant, id, { id: version, passages: vectors }, true),
    );
    await sendJobs(em, tenant, jobs);
  }
}
