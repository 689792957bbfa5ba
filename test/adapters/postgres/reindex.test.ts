import { afterEach, beforeEach, expect, test } from "vitest";
import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import type { Postgres } from "../../../api/adapters/postgres/open.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { Client } from "pg";
import { makeDocument, makePassage } from "../../contracts/documents-fixtures.ts";
import {
  openTestPostgres,
  type OpenedPostgres,
  postgresOptions,
} from "../../support/open-postgres.ts";

let opened: OpenedPostgres;
let admin: Client;
let tenant: Tenant;
const schema = "tenant_demo";

beforeEach(async () => {
  opened = await openTestPostgres({ isShared: true });
  tenant = await opened.addTenant("demo");
  admin = new Client({ connectionString: opened.database.adminUrl });
  await admin.connect();
});

afterEach(async () => {
  await admin?.end();
  await opened?.close();
});

/** As the release before the index has left a schema. */
const forgetIndex = `
  truncate ${schema}.postings, ${schema}.search_terms, ${schema}.search_documents;
  update ${schema}.search_stats set passages = 0, length = 0, languages = '{}', version = 0`;

async function putAll({ documents }: Postgres, sources: readonly number[]): Promise<void> {
  for (const n of sources) {
    const texts = [`The heron number ${n} eats fish.`, `Storks of the place ${n % 3} eat frogs.`];
    const document = makeDocument({ source: `${n}`, title: `Birds ${n}` });
    await documents.putDocument(
      tenant,
      document,
      `${n}`,
      texts.map((text) => makePassage(text, "Food")),
    );
  }
}

const { signal } = new AbortController();

async function ask({ retriever }: Postgres, question: string, limit = 50) {
  const { passages, degraded } = await retriever.retrieve(tenant, question, limit, signal);
  return { texts: passages.map(({ text }) => text), degraded };
}

async function find(postgres: Postgres, question: string): Promise<string[]> {
  return (await ask(postgres, question)).texts;
}

function index({ indexer }: Postgres): Promise<void> {
  return indexer.indexMissing(tenant, signal);
}

const incomplete = ["retrieval_incomplete"];

/** All of the index but the numbers of the documents. */
async function readIndex() {
  const read = async (sql: string) => (await admin.query<object>(sql)).rows;
  return {
    stats: await read(
      `select passages, length, (select jsonb_object_agg(key, value) from jsonb_each(languages) where value <> '0') as languages, version
       from ${schema}.search_stats`,
    ),
    terms: await read(`select term, passages from ${schema}.search_terms order by term`),
    postings: await read(
      `select i.document_id, p.term, p.passages, encode(p.data, 'hex') as data
       from ${schema}.postings p left join ${schema}.search_documents i on i.number = p.document order by 1, 2`,
    ),
    documents: await read(
      `select document_id, language, version, passages, length from ${schema}.search_documents order by document_id`,
    ),
  };
}

/** The statement of ours that waits for a lock, once there is one. */
async function waitingQuery(): Promise<string> {
  const watcher = new Client({ connectionString: opened.database.adminUrl });
  await watcher.connect();
  try {
    for (;;) {
      const { rows } = await watcher.query<{ query: string }>(
        "select query from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      if (rows[0]) return rows[0].query;
    }
  } finally {
    await watcher.end();
  }
}

const numbers = Array.from({ length: 30 }, (_, n) => n);

test("documents of an older release are indexed, whoever does it at once", async () => {
  const { postgres, database } = opened;
  await putAll(postgres, numbers);
  expect(await ask(postgres, "herons")).toMatchObject({ degraded: [] });
  const before = await readIndex();
  await admin.query(forgetIndex);
  const other = await openPostgres(postgresOptions(database.url, { isShared: true }));
  try {
    expect(await ask(postgres, "herons")).toEqual({ texts: [], degraded: incomplete });
    await Promise.all([postgres, other, other].map(index));
    for (const one of [postgres, other])
      expect(await ask(one, "herons")).toMatchObject({ texts: { length: 30 }, degraded: [] });
    expect(await readIndex()).toEqual(before);
  } finally {
    await other.close();
  }
});

test("while documents are indexed questions are answered from those that are", async () => {
  const { postgres } = opened;
  await putAll(postgres, numbers);
  await admin.query(forgetIndex);
  await admin.query(`begin; select from ${schema}.search_stats for update`);
  const indexing = index(postgres);
  await waitingQuery();
  expect(await ask(postgres, "herons")).toEqual({ texts: [], degraded: incomplete });
  await admin.query("commit");
  await putAll(postgres, [40]);
  expect(await find(postgres, "herons")).toContain("The heron number 40 eats fish.");
  await indexing;
  expect(await ask(postgres, "herons")).toMatchObject({ texts: { length: 31 }, degraded: [] });
});

test("one process at a time indexes a tenant's documents", async () => {
  const { postgres, database } = opened;
  await putAll(postgres, [1]);
  await admin.query(forgetIndex);
  await admin.query(`begin; select from ${schema}.search_stats for update`);
  const first = index(postgres);
  await waitingQuery();
  const other = await openPostgres(postgresOptions(database.url, { isShared: true }));
  try {
    await index(other);
    expect(await ask(other, "herons")).toEqual({ texts: [], degraded: incomplete });
    await admin.query("commit");
    await first;
    expect(await find(other, "herons")).toHaveLength(1);
  } finally {
    await other.close();
  }
});

test("an indexing ends when it is told to, and goes on later", async () => {
  const { postgres } = opened;
  await putAll(postgres, numbers);
  await admin.query(forgetIndex);
  const ended = AbortSignal.abort(new Error("Ended"));
  await expect(postgres.indexer.indexMissing(tenant, ended)).rejects.toThrow("Ended");
  expect(await find(postgres, "herons")).toEqual([]);
  await index(postgres);
  expect(await find(postgres, "herons")).toHaveLength(30);
});

test("questions send one job for a tenant whose documents aren't all indexed, and none for others", async () => {
  const { postgres } = opened;
  const listJobs = async () =>
    (await admin.query<{ data: object }>("select data from pgboss.job where name = 'jobs'")).rows;
  expect(await ask(postgres, "herons")).toEqual({ texts: [], degraded: [] });
  await putAll(postgres, [1]);
  await find(postgres, "herons");
  expect(await listJobs()).toEqual([]);
  await admin.query(forgetIndex);
  const other = await openPostgres(postgresOptions(opened.database.url, { isShared: true }));
  try {
    await Promise.all([postgres, postgres, other].map((one) => ask(one, "herons")));
    await other.retriever.scoreSentences(tenant, "herons", ["A heron."]);
  } finally {
    await other.close();
  }
  expect(await listJobs()).toEqual([
    { data: { kind: "index-documents", tenantId: "demo", data: {} } },
  ]);
});

test("an indexing that was killed on its way is gone on with", async () => {
  const { postgres } = opened;
  await putAll(postgres, numbers);
  await find(postgres, "herons");
  const before = await readIndex();
  await admin.query(
    `update ${schema}.search_stats set version = 0;
     update ${schema}.search_documents set version = 0 where number % 2 = 0`,
  );
  const [{ last } = { last: 0 }] = (
    await admin.query<{ last: number }>(
      `select max(number) as last from ${schema}.search_documents`,
    )
  ).rows;
  expect((await ask(postgres, "storks")).degraded).toEqual(incomplete);
  await index(postgres);
  expect(await find(postgres, "storks")).toHaveLength(30);
  expect(await readIndex()).toEqual(before);
  // Those that were done already are left alone.
  const { rowCount } = await admin.query(
    `select from ${schema}.search_documents where number <= $1`,
    [last],
  );
  expect(rowCount).toBe(15);
});

test("documents that come and go meanwhile are as they were put", async () => {
  const { postgres } = opened;
  await putAll(postgres, numbers);
  await admin.query(forgetIndex);
  const [first, second] = await postgres.documents.listDocuments(tenant);
  await Promise.all([
    index(postgres),
    putAll(postgres, [40, 41, 42]),
    postgres.documents.deleteDocument(tenant, first?.id ?? ""),
    postgres.documents.putDocument(tenant, makeDocument({ source: second?.source ?? "" }), "new", [
      makePassage("A pelican."),
    ]),
  ]);
  expect(await find(postgres, "herons")).toHaveLength(31);
  expect(await find(postgres, "pelican")).toEqual(["A pelican."]);
  const { stats, documents } = await readIndex();
  expect(stats).toMatchObject([{ passages: 63 }]);
  expect(documents).toHaveLength(32);
});

test("one at a time writes a tenant's index, and reads nothing of it before", async () => {
  const { postgres } = opened;
  await putAll(postgres, [1]);
  await admin.query(`begin; select from ${schema}.search_stats for update`);
  const putting = putAll(postgres, [1]);
  expect(await waitingQuery()).toMatch(/search_stats for update/);
  await admin.query("commit");
  await putting;
});

test("a document that is replaced while it is indexed anew is read again", async () => {
  const { postgres } = opened;
  await putAll(postgres, [1, 2]);
  await admin.query(forgetIndex);
  await admin.query(`begin; select from ${schema}.search_stats for update`);
  const indexing = index(postgres);
  await waitingQuery();
  await admin.query(
    `update ${schema}.passages set id = id || 'x', content = 'A pelican.' where rank = 0; commit`,
  );
  await indexing;
  expect(await find(postgres, "pelican")).toEqual(["A pelican.", "A pelican."]);
  expect(await find(postgres, "heron")).toEqual([]);
});

test("what is left of documents that were deleted by hand is removed with it", async () => {
  const { postgres } = opened;
  await putAll(postgres, [1, 2]);
  await find(postgres, "herons");
  await admin.query(`
    delete from ${schema}.documents where source = '1';
    update ${schema}.search_stats set version = 0`);
  expect(await ask(postgres, "herons")).toMatchObject({ degraded: incomplete });
  await index(postgres);
  expect(await find(postgres, "herons")).toHaveLength(1);
  const { stats, documents } = await readIndex();
  expect(stats).toMatchObject([{ passages: 2, languages: { en: 1 } }]);
  expect(documents).toHaveLength(1);
});

test("where pg_trgm can't be used the start says so, and only misspelt words are not found", async () => {
  const { database } = opened;
  await admin.query(
    "drop extension pg_trgm cascade; create schema closed; create extension pg_trgm schema closed",
  );
  const again = await openPostgres(postgresOptions(database.url, { isShared: true }));
  try {
    expect(again.warning).toContain("pg_trgm");
    await putAll(again, [1]);
    expect(await find(again, "heron")).toHaveLength(1);
    expect(await find(again, "numbre")).toEqual([]);
  } finally {
    await again.close();
  }
});
