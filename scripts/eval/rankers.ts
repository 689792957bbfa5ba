import okapi from "okapibm25";
import type { Postgres } from "../../api/adapters/postgres/open.ts";
import { createTextAnalyzer } from "../../api/adapters/text-analysis/analyzer.ts";
import { weighQuestion } from "../../api/core/retrieval/asked-terms.ts";
import { type RankingParameters, textbookRanking } from "../../api/core/retrieval/bm25.ts";
import { findPassages, productRanking } from "../../api/core/retrieval/lexical-search.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import type { ScratchPlatform } from "../scratch-platform.ts";
import type { Entry } from "./collection.ts";
import { depth } from "./measures.ts";

export interface Ranker {
  readonly name: string;
  /** The ids of the best documents for a question, best first. */
  rank(question: string): Promise<readonly string[]>;
}

const analyzer = createTextAnalyzer();

/** The platform's own search, each text one passage of a document whose title is empty. */
export async function createOwnRankers(
  { documents, retriever }: Postgres,
  tenant: Tenant,
  entries: readonly Entry[],
): Promise<Ranker[]> {
  for (const { id, text } of entries) {
    const document = { source: id, title: "", url: null, mediaType: "text/plain", text } as const;
    await documents.putDocument(tenant, document, id, [
      { heading: "", text, start: 0, page: null },
    ]);
  }
  const stored = await documents.listDocuments(tenant);
  const sources = new Map(stored.map(({ id, source }) => [id, source]));
  const rankBy = (name: string, parameters: RankingParameters): Ranker => ({
    name,
    async rank(question) {
      const { readIndex } = retriever;
      const { found } = await findPassages(
        { readIndex, analyzer, parameters },
        tenant,
        question,
        depth,
      );
      return found.map(({ passage }) => sources.get(passage.documentId) ?? "");
    },
  });
  return [
    rankBy("lexical retriever, as the platform uses it", productRanking),
    rankBy("the same with weights off", textbookRanking),
  ];
}

/** PostgreSQL's ts_rank over a tsvector of the same texts, for texts that have any of the question's words. */
export async function createTsRank(
  { admin }: ScratchPlatform,
  entries: readonly Entry[],
): Promise<Ranker> {
  await admin.query("create table plain (id text, place int, search tsvector)");
  for (const [place, { id, text }] of entries.entries())
    await admin.query("insert into plain values ($1, $2, to_tsvector('english', $3))", [
      id,
      place,
      text,
    ]);
  return {
    name: "ts_rank",
    async rank(question) {
      const { rows } = await admin.query<{ id: string }>(
        `with q as (
           select string_agg(quote_literal(lexeme), ' | ')::tsquery as query from unnest(to_tsvector('english', $1))
         )
         select id from plain, q where search @@ query order by ts_rank(search, query) desc, place limit ${depth}`,
        [question],
      );
      return rows.map(({ id }) => id);
    },
  };
}

/**
 * The npm package okapibm25 over the terms that our analysis makes; a term that the question says twice counts twice.
 * Its idf is ours, ln(1 + (N − n + 0.5) / (n + 0.5)). It counts parts of words, so each term is given as a number of
 * fixed width.
 */
export function createLibraryRanker(entries: readonly Entry[]): Ranker {
  const codes = new Map<string, string>();
  const code = (term: string) => {
    const known = codes.get(term) ?? String(codes.size + 1e9);
    codes.set(term, known);
    return known;
  };
  const texts = entries.map(({ text }) =>
    analyzer
      .findWords(text)
      .map(({ word }) => code(analyzer.stem(word, "en")))
      .join(" "),
  );
  return {
    name: "okapibm25 (npm)",
    async rank(question) {
      const asked = listTerms(question).map(code);
      const { k1, b } = textbookRanking;
      const scores = okapi.default(texts, asked, { k1, b }) as number[];
      const places = scores.flatMap((score, place) => (score > 0 ? [place] : []));
      // The sort is stable: of equal ones the first comes first.
      const best = places.toSorted((x, y) => (scores[y] ?? 0) - (scores[x] ?? 0));
      return best.slice(0, depth).map((place) => entries[place]?.id ?? "");
    },
  };
}

/** What our search asks for: of a very long question its first terms, each as often as the question says it. */
function listTerms(question: string): string[] {
  const index = { passages: 0, length: 0, languages: ["en"], frequencies: new Map() };
  const nothing = { ...index, isComplete: true };
  const { terms } = weighQuestion(analyzer, question, nothing, textbookRanking);
  return terms.flatMap(({ forms: [form = ""], places }) => places.map(() => form));
}
