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

async function find({ retriever }: Postgres, question: string, limit = 50): Promise<string[]> {
  const { signal } = new AbortController();
  const { passages } = await retriever.retrieve(tenant, question, limit, signal);
  return passages.map(({ text }) => text);
}

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

test("documents of an older release are found by the first question, whoever asks at once", async () => {
  const { postgres, database } = opened;
  await putAll(postgres, numbers);
  expect(await find(postgres, "herons")).toHaveLength(30);
  const before = await readIndex();
  await admin.query(forgetIndex);
  const other = await openPostgres(postgresOptions(database.url, { isShared: true }));
  try {
    const found = await Promise.all([postgres, other, other].map((one) => find(one, "herons")));
    for (const texts of found) expect(texts).toHaveLength(30);
    expect(await readIndex()).toEqual(before);
  } finally {
    await other.close();
  }
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
    find(postgres, "herons"),
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
  const finding = find(postgres, "pelican");
  await waitingQuery();
  await admin.query(
    `update ${schema}.passages set id = id || 'x', content = 'A pelican.' where rank = 0; commit`,
  );
  expect(await finding).toEqual(["A pelican.", "A pelican."]);
  expect(await find(postgres, "heron")).toEqual([]);
});

test("what is left of documents that were deleted by hand is removed with it", async () => {
  const { postgres } = opened;
  await putAll(postgres, [1, 2]);
  await find(postgres, "herons");
  await admin.query(`
    delete from ${schema}.documents where source = '1';
    update ${schema}.search_stats set version = 0`);
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
