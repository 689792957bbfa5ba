import type { EntityManager } from "@mikro-orm/postgresql";
import type {
  IndexedPassage,
  IndexStatistics,
  Postings,
  SearchIndex,
  SimilarTerm,
} from "../../core/retrieval/search-index.ts";
import { arrayLiteral } from "./array-literal.ts";
import { isBehind } from "./missing-documents.ts";
import { decodePostings } from "./postings-codec.ts";

/** The index of a tenant within a transaction, with what tells whether it has changed since. */
export interface OpenedIndex extends SearchIndex {
  /** What `readStatistics` saw of the index as a whole; undefined before. */
  readonly seen:
    | { readonly version: number; readonly revision: number; readonly isComplete: boolean }
    | undefined;
  /** Whether somebody has written between `readStatistics` and `readPassages`. */
  readonly hasChanged: boolean;
}

export interface OpenIndexOptions {
  /** The schema that pg_trgm is installed in; undefined where it isn't. */
  readonly trigrams: string | undefined;
  /** The analyzer's: an index of an older one may be behind. */
  readonly version: number;
}

export function openIndex(
  em: EntityManager,
  schema: string,
  { trigrams, version: wanted }: OpenIndexOptions,
): OpenedIndex {
  let seen: OpenedIndex["seen"];
  let hasChanged = false;
  return {
    get seen() {
      return seen;
    },
    get hasChanged() {
      return hasChanged;
    },
    async readStatistics(terms) {
      const [row] = await em.execute<StatisticsRow[]>(statisticsSql(schema), [arrayLiteral(terms)]);
      if (!row) throw new Error(`${schema}.search_stats has no row`);
      const { version, revision } = row;
      const isComplete = version >= wanted || !(await readIsBehind(em, schema, wanted));
      seen = { version, revision, isComplete };
      return { ...toStatistics(row), isComplete };
    },
    async readPostings(terms, documents) {
      const [some, values] = documents
        ? [" and document = any (?::int[])", [arrayLiteral(documents)]]
        : ["", []];
      const rows = await em.execute<PostingsRow[]>(
        `select term, sum(passages)::int as passages,
           string_agg(int4send(document) || data, ''::bytea order by document) as data
         from ${schema}.postings where term = any (?::text[])${some} group by term`,
        [arrayLiteral(terms), ...values],
      );
      return new Map<string, Postings>(
        rows.map(({ term, passages, data }) => [term, decodePostings(data, passages)]),
      );
    },
    async readPassages(places) {
      const rows = await em.execute<PassageLine[]>(passagesSql(schema), [
        arrayLiteral(places.map(({ document }) => document)),
        arrayLiteral(places.map(({ rank }) => rank)),
      ]);
      hasChanged =
        rows.length < places.length || rows.some((row) => row.revision !== seen?.revision);
      return rows.map(toIndexedPassage);
    },
    async findSimilar(term) {
      if (trigrams === undefined) return [];
      const home = `"${trigrams.replaceAll('"', '""')}"`;
      await em.execute("select set_config('pg_trgm.similarity_threshold', ?, true)", [
        leastSimilarity,
      ]);
      return em.execute<SimilarTerm[]>(
        `select term, passages from ${schema}.search_terms where term operator(${home}.%) ?::text
         order by ${home}.similarity(term, ?::text) desc, term limit ${mostSimilar}`,
        [term, term],
      );
    },
  };
}

/** Two swapped letters cost a word of twelve most of the trigrams that it shares with its stem. */
const leastSimilarity = "0.2";
const mostSimilar = 50;

interface StatisticsRow {
  readonly passages: number;
  readonly length: number;
  /** How many documents there are of each. */
  readonly languages: Readonly<Record<string, number>>;
  readonly version: number;
  readonly revision: number;
  readonly frequencies: Readonly<Record<string, number>> | null;
}

const statisticsSql = (schema: string) => `
  select passages, length::float8 as length, languages, version, revision::float8 as revision,
    (select json_object_agg(t.term, t.passages) from ${schema}.search_terms t where t.term = any (?::text[])) as frequencies
  from ${schema}.search_stats`;

async function readIsBehind(em: EntityManager, schema: string, version: number): Promise<boolean> {
  const sql = `select ${isBehind(schema)} as "isBehind"`;
  const [row] = await em.execute<{ isBehind: boolean }[]>(sql, [version]);
  return row?.isBehind ?? false;
}

function toStatistics({
  passages,
  length,
  languages,
  frequencies,
}: StatisticsRow): Omit<IndexStatistics, "isComplete"> {
  return {
    passages,
    length,
    languages: Object.entries(languages)
      .filter(([, documents]) => documents > 0)
      .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([language]) => language),
    frequencies: new Map(Object.entries(frequencies ?? {})),
  };
}

interface PostingsRow {
  readonly term: string;
  readonly passages: number;
  readonly data: Buffer;
}

const passagesSql = (schema: string) => `
  select i.number as document, p.rank, i.language, s.revision::float8 as revision, p.id, p.document_id as "documentId", p.title,
    d.url, p.heading, p.page, p.content as text, p.start_offset as start
  from unnest(?::int[], ?::int[]) as k (number, rank)
  join ${schema}.search_documents i on i.number = k.number
  join ${schema}.passages p on p.document_id = i.document_id and p.rank = k.rank
  join ${schema}.documents d on d.id = p.document_id
  cross join ${schema}.search_stats s`;

interface PassageLine {
  readonly document: number;
  readonly rank: number;
  readonly language: string;
  readonly revision: number;
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly url: string | null;
  readonly heading: string;
  readonly page: number | null;
  readonly text: string;
  readonly start: number;
}

function toIndexedPassage(line: PassageLine): IndexedPassage {
  const { document, rank, language, revision: _revision, ...passage } = line;
  return { document, rank, language, passage };
}
