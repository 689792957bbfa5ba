import { Client } from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPgBossJobs, type OpenJobs } from "../../../api/adapters/pg-boss/jobs.ts";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import { createIndexWorker } from "../../../api/core/documents/index-documents.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { makeDocument, makePassage } from "../../contracts/documents-fixtures.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { tablesOf006, tenantRole } from "../../support/old-tenant.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";
import { postgresOptions } from "../../support/open-postgres.ts";

const schema = "tenant_demo";
const { signal } = new AbortController();
const incomplete = ["retrieval_incomplete"];

let opened: Awaited<ReturnType<typeof openPostgresWithJobs>>;
let jobs: OpenJobs;
/** A process of the release before the index, of which the statements below are. */
let old: Client;
let admin: Client;
let tenant: Tenant;
let upgraded: Postgres;

/** A tenant of that release with a document, which a process of ours meets. */
beforeEach(async () => {
  opened = await openPostgresWithJobs({ isShared: true });
  ({ jobs } = opened);
  const { postgres, database } = opened;
  tenant = await opened.addTenant("demo");
  await put(postgres, "herons", "A heron eats fish.");
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(tablesOf006(schema));
  old = new Client({ connectionString: database.url });
  await old.connect();
  const name = new URL(database.url).pathname.slice(1);
  await old.query(`set role "${tenantRole(name, schema)}"`);
  upgraded = await openPostgres(
    postgresOptions(database.url, {
      isShared: true,
      jobs: (execute) => createPgBossJobs(execute, createRecordingLogger()),
    }),
  );
});

afterEach(async () => {
  await old?.end();
  await admin?.end();
  await upgraded?.close();
  await opened?.close();
});

async function put({ documents }: Postgres, source: string, text: string): Promise<void> {
  await documents.putDocument(tenant, makeDocument({ source, text }), `hash of ${text}`, [
    makePassage(text),
  ]);
}

async function ask(question: string) {
  const { passages, degraded } = await upgraded.retriever.retrieve(tenant, question, 50, signal);
  return { texts: passages.map(({ text }) => text).toSorted(), degraded };
}

/** Does the jobs that are there. @returns their kinds. */
async function work(): Promise<string[]> {
  const { tenants, indexer } = upgraded;
  const worker = createIndexWorker({ tenants, indexer, logger: createRecordingLogger() });
  const done: string[] = [];
  for (;;) {
    const job = await jobs.take({ skip: [], perTenant: 2 });
    if (!job) return done;
    if (job.kind === "index-documents") await worker.run(job, signal);
    await jobs.finish(job);
    done.push(job.kind);
  }
}

async function putTheOldWay(source: string, text: string): Promise<void> {
  await old.query("begin");
  const { rows } = await old.query<{ id: string }>(
    `insert into ${schema}.documents (id, source, title, url, media_type, content, content_hash)
     values ($1, $2, 'Birds', null, 'text/plain', $3, $4)
     on conflict (source) do update set title = excluded.title, url = excluded.url, media_type = excluded.media_type,
       content = excluded.content, content_hash = excluded.content_hash returning id`,
    [`doc_old_${source}`, source, text, `hash of ${text}`],
  );
  const { id } = rows[0] ?? { id: "" };
  await old.query(`delete from ${schema}.passages where document_id = $1`, [id]);
  await old.query(
    `insert into ${schema}.passages (id, document_id, rank, title, heading, content, start_offset)
     values ('psg_' || gen_random_uuid(), $1, 0, 'Birds', '', $2, 0)`,
    [id, text],
  );
  await old.query("commit");
}

async function findTheOldWay(word: string): Promise<string[]> {
  const { rows } = await old.query<{ content: string }>(
    `select content from ${schema}.passages p where p.search @@ plainto_tsquery('pg_catalog.english', $1)
     order by content`,
    [word],
  );
  return rows.map(({ content }) => content);
}

test("the first question after the upgrade is answered at once, and says that documents are missing", async () => {
  expect(await ask("herons")).toEqual({ texts: [], degraded: incomplete });
  expect(await ask("herons")).toEqual({ texts: [], degraded: incomplete });
  await put(upgraded, "storks", "A stork eats frogs, as a heron does.");
  expect(await ask("herons")).toEqual({
    texts: ["A stork eats frogs, as a heron does."],
    degraded: incomplete,
  });
  expect(await work()).toEqual(["index-documents"]);
  expect(await ask("herons")).toEqual({
    texts: ["A heron eats fish.", "A stork eats frogs, as a heron does."],
    degraded: [],
  });
});

test("a process of the release before finds what it found, and what is put meanwhile", async () => {
  await ask("herons");
  await work();
  expect(await findTheOldWay("heron")).toEqual(["A heron eats fish."]);
  await put(upgraded, "storks", "A stork eats frogs.");
  await putTheOldWay("pelicans", "A pelican eats fish.");
  expect(await findTheOldWay("stork")).toEqual(["A stork eats frogs."]);
  expect(await findTheOldWay("fish")).toEqual(["A heron eats fish.", "A pelican eats fish."]);
});

test.each([
  {
    does: "puts",
    act: () => putTheOldWay("pelicans", "A pelican eats fish."),
    texts: ["A heron eats fish.", "A pelican eats fish."],
    found: 2,
  },
  {
    does: "replaces",
    act: () => putTheOldWay("herons", "A heron eats mice and fish."),
    texts: ["A heron eats mice and fish."],
    found: 1,
  },
  {
    does: "deletes",
    act: () => old.query(`delete from ${schema}.documents where source = 'herons'`),
    texts: [],
    found: 0,
  },
])("what a process of the release before $does is noticed", async ({ act, texts, found }) => {
  await ask("herons");
  await work();
  await put(upgraded, "storks", "A stork eats frogs.");
  expect((await ask("frogs")).degraded).toEqual([]);

  await act();
  expect((await ask("frogs")).degraded).toEqual(incomplete);
  await reindex();
  expect(await ask("mice fish")).toEqual({ texts, degraded: [] });
  const { rows } = await admin.query(
    `select (select count(*)::int from ${schema}.search_documents) as documents, passages,
       (select count(*)::int from ${schema}.postings where term in ('mice', 'mous')) as mice
     from ${schema}.search_stats`,
  );
  const mice = texts.filter((text) => text.includes("mice")).length;
  expect(rows).toEqual([{ documents: found + 1, passages: found + 1, mice }]);
});

/** Questions send a job every few seconds at most. */
async function reindex(): Promise<void> {
  await upgraded.indexer.indexMissing(tenant, signal);
}

test("a document that is put the old way is there as one that is uploaded", async () => {
  await ask("herons");
  await putTheOldWay("pelicans", "A pelican eats fish.");
  await putTheOldWay("herons", "A heron eats mice.");
  await work();
  const { documents, ingestions } = upgraded;
  for (const [source, text, before] of [
    ["pelicans", "A pelican eats fish.", "A pelican."],
    ["herons", "A heron eats mice.", "A heron eats fish."],
  ] as const) {
    const known = await documents.findSource(tenant, source);
    expect(known?.ingestion).toMatchObject({ state: "complete", versionId: /^ver_/ });
    const plan = async (content: string) => {
      const original = Buffer.from(content);
      const upload = { ...makeDocument({ source }), charset: null, original };
      return (await ingestions.planVersion(tenant, { ...upload, hash: `hash of ${content}` }))
        .status;
    };
    expect(await plan(text)).toBe("unchanged");
    expect(await plan(before)).toBe("replaced");
    await ingestions.requeueDocument(tenant, known?.id ?? "");
  }
  const { rows } = await admin.query<{ original: string }>(
    `select convert_from(original, 'UTF8') as original from ${schema}.document_versions order by 1`,
  );
  expect(rows.map(({ original }) => original)).toEqual([
    "A heron eats mice.",
    "A pelican eats fish.",
  ]);
});

test("what processes of this release put, replace, read again and delete marks nothing", async () => {
  await ask("herons");
  await work();
  await put(upgraded, "herons", "A heron eats mice.");
  await put(upgraded, "storks", "A stork eats frogs.");
  const [first] = await upgraded.documents.listDocuments(tenant);
  await upgraded.ingestions.requeueDocument(tenant, first?.id ?? "");
  await upgraded.documents.deleteDocument(tenant, first?.id ?? "");
  expect((await ask("storks")).degraded).toEqual([]);
  expect(await admin.query(`select version > 0 as is from ${schema}.search_stats`)).toMatchObject({
    rows: [{ is: true }],
  });
});

test("a tenant without documents pays nothing for what the release before searched", async () => {
  const fresh = await opened.addTenant("fresh");
  await upgraded.documents.putDocument(fresh, makeDocument(), "hash", [makePassage("A heron.")]);
  const found = await upgraded.retriever.retrieve(fresh, "heron", 5, signal);
  expect(found).toMatchObject({ passages: [{ text: "A heron." }], degraded: [] });
  const { rows } = await admin.query(
    `select search, to_regclass('tenant_fresh.passages_search') as index, version > 0 as "isSettled"
     from tenant_fresh.passages, tenant_fresh.search_stats`,
  );
  expect(rows).toEqual([{ search: null, index: null, isSettled: true }]);
});

test("an old process that puts a document while it is being indexed waits for that, and neither fails", async () => {
  await put(upgraded, "storks", "A stork eats frogs.");
  const indexing = new Client({ connectionString: opened.database.adminUrl });
  await indexing.connect();
  try {
    // As the indexing does: its counts first, then what it indexes.
    await indexing.query("begin");
    await indexing.query(`select from ${schema}.search_stats for update`);
    const replaced = putTheOldWay("storks", "A stork eats newts.");
    replaced.catch(() => "awaited below");
    await vi.waitFor(async () => {
      const waiting =
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      expect((await admin.query(waiting)).rowCount).toBe(1);
    }, 10_000);
    await indexing.query(`update ${schema}.search_documents set language = language`);
    await indexing.query("commit");
    await replaced;
  } finally {
    await indexing.end();
  }
  expect((await ask("newts")).degraded).toEqual(incomplete);
  await work();
  expect(await ask("newts")).toEqual({ texts: ["A stork eats newts."], degraded: [] });
});
