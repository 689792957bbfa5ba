import type { Client } from "pg";
import { passageId } from "../../api/core/documents/passage-id.ts";
import { splitPassages } from "../../api/core/documents/passages.ts";
import type { Brought } from "./brought.ts";

export interface Expected {
  /** What a source may have become: the upload that was confirmed last, or one since whose answer was lost. */
  readonly expected: ReadonlyMap<string, readonly Brought[]>;
  /** Sources of which an upload was confirmed; the others may be there or not. */
  readonly confirmed: ReadonlySet<string>;
}

interface DocumentRow {
  readonly id: string;
  readonly source: string;
  readonly content: string;
  readonly live_version: string | null;
}

interface VersionRow {
  readonly id: string;
  readonly document_id: string;
  readonly state: string;
  readonly error_code: string | null;
}

/** How many versions are still under way. */
export async function countUnderWay(client: Client, schema: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from ${schema}.document_versions where state not in ('complete', 'failed')`,
  );
  return rows[0]?.count ?? 0;
}

/** What is half, twice, lost or not what was brought. */
export async function findFaults(
  client: Client,
  schema: string,
  tenantId: string,
  { expected, confirmed }: Expected,
): Promise<string[]> {
  const read = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows;
  const documents = await read<DocumentRow>(`select * from ${schema}.documents`);
  const versions = await read<VersionRow>(
    `select id, document_id, state, error_code from ${schema}.document_versions order by seq desc`,
  );
  const faults: string[] = [];
  for (const [source, uploads] of expected) {
    const document = documents.find((one) => one.source === source);
    if (!document && !confirmed.has(source)) continue;
    if (!document) faults.push(`${source} was accepted and isn't there`);
    else {
      const own = versions.filter((version) => version.document_id === document.id);
      for (const fault of judge(document, own, uploads)) faults.push(`${source}: ${fault}`);
    }
  }
  const passages = await read<{ id: string; document_id: string; rank: number; content: string }>(
    `select id, document_id, rank, content from ${schema}.passages order by document_id, rank`,
  );
  for (const { id, source, content, live_version: live } of documents) {
    const found = passages.filter((passage) => passage.document_id === id);
    const wanted = splitPassages(content);
    const same = found.every(
      (one, rank) => one.content === wanted[rank]?.text && one.id === passageId(live ?? "", rank),
    );
    if (!same || found.length !== wanted.length)
      faults.push(
        `${source} has ${found.length} passages, and not the ${wanted.length} of its text`,
      );
  }
  const [index] = await read<Record<"counted" | "documents" | "indexed" | "passages", number>>(
    `select (select passages from ${schema}.search_stats) as counted, count(*)::int as documents,
       coalesce(sum(passages), 0)::int as indexed, (select count(*)::int from ${schema}.passages) as passages
     from ${schema}.search_documents`,
  );
  const live = documents.filter((one) => one.live_version !== null).length;
  if (index && (index.counted !== index.passages || index.indexed !== index.passages))
    faults.push(
      `the index counts ${index.counted} and ${index.indexed} of ${index.passages} passages`,
    );
  if (index && index.documents !== live)
    faults.push(`the index has ${index.documents} of ${live} documents`);
  const { rows: left } = await client.query<{ count: number }>(
    `select count(*)::int as count from pgboss.job where data->>'tenantId' = $1`,
    [tenantId],
  );
  if (left[0]?.count) faults.push(`${left[0].count} jobs are left`);
  return faults;
}

function judge(
  { content, live_version: live }: DocumentRow,
  versions: readonly VersionRow[],
  uploads: readonly Brought[],
): string[] {
  const [newest, ...older] = versions;
  if (!newest) return ["it has no version"];
  if (older.some(({ id }) => id !== live)) return [`it has ${versions.length} versions`];
  if (newest.state === "failed") {
    if (newest.error_code !== "INVALID_DOCUMENT") return [`it failed with ${newest.error_code}`];
    return uploads.some(({ isGood }) => !isGood)
      ? []
      : ["it failed, and nothing was wrong with it"];
  }
  if (newest.state !== "complete") return [`it is still ${newest.state}`];
  if (newest.id !== live) return ["its complete version isn't live"];
  const good = uploads.filter(({ isGood, mark }) => isGood && content.includes(mark));
  return good.length === 1 ? [] : ["its text isn't what was brought last"];
}
