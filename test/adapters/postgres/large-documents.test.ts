import { createHash } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDocumentParser } from "../../../api/adapters/documents/parser.ts";
import { mostTerms } from "../../../api/adapters/postgres/term-batches.ts";
import { createDocumentChanges } from "../../../api/core/documents/document-changes.ts";
import { createIngestWorker } from "../../../api/core/documents/ingest-document.ts";
import { newId } from "../../../api/core/ids.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { makeVersion, versionOf } from "../../contracts/ingestion-fixtures.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

const size = 10 * 1024 * 1024;
const { signal } = new AbortController();
let opened: Awaited<ReturnType<typeof openPostgresWithJobs>>;
let admin: Client;
let tenant: Tenant;

beforeAll(async () => {
  opened = await openPostgresWithJobs();
  admin = new Client({ connectionString: opened.database.adminUrl });
  await admin.connect();
  tenant = await opened.addTenant("large");
});
afterAll(async () => {
  await admin.end();
  await opened.close();
});

/** Takes a text in as the platform does. @returns the document's id. */
async function takeIn(text: string): Promise<string> {
  const { postgres } = opened;
  const { ingestions, documents, tenants } = postgres;
  const changes = createDocumentChanges();
  const logger = createRecordingLogger();
  const parser = createDocumentParser();
  const jobs = { send: async () => undefined };
  const stores = { tenants, ingestions, documents, jobs };
  const deps = { ...stores, changes, parser, vectors: undefined, logger };
  const worker = createIngestWorker(deps);
  const put = await ingestions.queueVersion(
    tenant,
    makeVersion(text, { source: "large.md", hash: newId("msg") }),
  );
  const data = { documentId: put.document.id, versionId: versionOf(put) };
  const kind = "ingest-document";
  await worker.run({ id: "1", kind, tenantId: tenant.id, data, attempt: 1, isDead: false }, signal);
  expect(await documents.describeDocument(tenant, put.document.id)).toMatchObject({
    ingestion: { state: "complete", error: null },
  });
  return put.document.id;
}

/** As many different hashes as have room in a text of the size. */
function makeHashes(seed: string): string {
  const hashes: string[] = [];
  for (let n = 0; (n + 1) * 33 <= size; n += 1)
    hashes.push(createHash("md5").update(`${seed}${n}`).digest("hex"));
  return hashes.join("\n");
}

async function countRows(): Promise<Record<string, number>> {
  const { rows } = await admin.query<Record<string, number>>(
    `select (select count(*)::int from tenant_large.passages) as passages,
       (select count(*)::int from tenant_large.postings) as postings,
       (select count(*)::int from tenant_large.search_terms) as terms,
       (select count(*)::int from tenant_large.search_terms where passages <= 0) as unused,
       (select passages from tenant_large.search_stats) as counted`,
  );
  return rows[0] ?? {};
}

/** Runs and counts how often others had their turn meanwhile, and how long they waited at most, in milliseconds. */
async function watchLoop(act: () => Promise<unknown>) {
  const started = performance.now();
  let last = started;
  let [turns, longest] = [0, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    turns += 1;
  }, 1);
  await act();
  clearInterval(timer);
  const now = performance.now();
  return { turns, longest: Math.max(longest, now - last), whole: now - started };
}

test(
  "ten megabytes of different hashes are taken in, replaced and deleted, and nothing of them is left",
  { timeout: 120_000 },
  async () => {
    const nothing = { passages: 0, postings: 0, terms: 0, unused: 0, counted: 0 };
    const [first = ""] = makeHashes("a").split("\n", 1);
    const isFound = async () => {
      const { passages } = await opened.postgres.retriever.retrieve(tenant, first, 5, signal);
      return passages[0]?.text.includes(first) ?? false;
    };
    const id = await takeIn(makeHashes("a"));
    expect(await isFound()).toBe(true);
    const { terms = 0, postings, counted, passages } = await countRows();
    expect([postings, counted]).toEqual([terms, passages]);
    // As many as one document may have: 32 characters each.
    expect(terms).toBe(mostTerms.characters / 32);
    expect(await takeIn(makeHashes("b"))).toBe(id);
    expect(await countRows()).toMatchObject({ terms, postings: terms, unused: 0 });
    expect(await isFound()).toBe(false);
    expect(await opened.postgres.documents.deleteDocument(tenant, id)).toBe(true);
    expect(await countRows()).toEqual(nothing);
  },
);

test(
  "while ten megabytes of headings are taken in, others have their turn all the time",
  { timeout: 120_000 },
  async () => {
    const unit = "# a\n\nx\n\n## b\n\ny\n\n";
    const text = unit.repeat(Math.floor(size / unit.length));
    const { turns, longest, whole } = await watchLoop(() => takeIn(text));
    expect(turns).toBeGreaterThan(100);
    // Of a share, not of a time: the machine may be slow.
    expect(longest / whole).toBeLessThan(0.2);
  },
);
