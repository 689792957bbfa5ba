import type { Passage, Retriever, SentenceScorer } from "../documents/retriever.ts";
import type { Tenant } from "../tenant.ts";
import {
  type AskedQuestion,
  type AskedTerm,
  countReach,
  listForms,
  weighQuestion,
} from "./asked-terms.ts";
import { type RankingParameters, textbookRanking } from "./bm25.ts";
import { measureCloseness } from "./closeness.ts";
import { correctTerms } from "./correct-terms.ts";
import type { RankedPlace } from "./rank-passages.ts";
import { scoreSentence } from "./score-sentence.ts";
import type { IndexedPassage, ReadIndex, SearchIndex } from "./search-index.ts";
import { searchTerms } from "./search-terms.ts";
import type { TextAnalyzer } from "./text-analyzer.ts";

/**
 * What the platform ranks by. On the CISI collection k1 from 1.4 to 1.8 is better than 1.2, and what words in a row add is
 * little, since more of it does long questions no good (nDCG@10: 0.394 with k1 = 1.6 and phrase = 0.05; 0.393 without phrase,
 * 0.389 with k1 = 1.2). Title, heading and prior were chosen on questions about this project's documents.
 */
export const productRanking: RankingParameters = {
  ...textbookRanking,
  k1: 1.6,
  prior: 20,
  title: 1,
  heading: 3,
  phrase: 0.05,
  // What is less relevant is no result at all; what to quote is decided by who answers.
  least: 0.1,
};

/**
 * The sum of BM25 whose score is 1: of all terms, each said often (k1 + 1 times its weight with k1 = 1.2). One mention of each
 * in a passage of average length scores 1 / 2.2 whatever k1 is, so that the limits of who answers hold for all of them.
 */
export function wholeScore(reach: number): number {
  return 2.2 * reach;
}

/** What `Retrieval.degraded` says where some of the documents aren't indexed yet. */
export const retrievalIncomplete = "retrieval_incomplete";

/** Where the best result is no better, unknown words are taken for misspelt ones. */
const goodScore = 0.5;

export interface LexicalDeps {
  readonly readIndex: ReadIndex;
  readonly analyzer: TextAnalyzer;
  /** `productRanking` unless told. */
  readonly parameters?: RankingParameters;
}

/** A passage with what made its score. */
export interface FoundPassage extends IndexedPassage {
  /** The sum of BM25 over the question's terms. */
  readonly sum: number;
  /** How much of what the question says in a row stands together in it, from 0 to 1. */
  readonly closeness: number;
  readonly score: number;
}

export interface LexicalResult {
  readonly question: AskedQuestion;
  readonly averageLength: number;
  /** See IndexStatistics. */
  readonly isComplete: boolean;
  readonly found: readonly FoundPassage[];
}

/** Finds passages by their words alone. */
export function createLexicalSearch(deps: LexicalDeps): Retriever & SentenceScorer {
  const { readIndex, analyzer, parameters = productRanking } = deps;
  return {
    async retrieve(tenant, question, limit, signal) {
      signal.throwIfAborted();
      const { found, isComplete } = await findPassages(deps, tenant, question, limit);
      return { passages: found.map(toPassage), degraded: isComplete ? [] : [retrievalIncomplete] };
    },
    async scoreSentences(tenant, question, sentences) {
      if (sentences.length === 0) return [];
      const forms = listForms(analyzer, question);
      const statistics = await readIndex(tenant, (index) => index.readStatistics(forms));
      const asked = weighQuestion(analyzer, question, statistics, parameters);
      const languages = statistics.languages.length > 0 ? statistics.languages : ["en"];
      return sentences.map((sentence) => scoreSentence(analyzer, languages, asked, sentence));
    },
    async countWords(tenant, question) {
      const statistics = await readIndex(tenant, (index) => index.readStatistics([]));
      return countReach(weighQuestion(analyzer, question, statistics, parameters).terms);
    },
  };
}

/** Finds a tenant's best passages with all that led to them. */
export function findPassages(
  { readIndex, analyzer, parameters = productRanking }: LexicalDeps,
  tenant: Tenant,
  question: string,
  limit: number,
): Promise<LexicalResult> {
  const forms = listForms(analyzer, question);
  return readIndex(tenant, async (index) => {
    const statistics = await index.readStatistics(forms);
    const { isComplete } = statistics;
    const averageLength = statistics.length / Math.max(statistics.passages, 1);
    const search = { analyzer, index, averageLength, parameters, limit };
    const asked = weighQuestion(analyzer, question, statistics, parameters);
    const found = await searchQuestion(search, asked);
    const isGood = (found[0]?.score ?? 0) >= goodScore;
    const corrected = isGood ? undefined : await correctTerms(index, asked, statistics, parameters);
    if (!corrected) return { question: asked, averageLength, isComplete, found };
    const again = await searchQuestion(search, corrected);
    return { question: corrected, averageLength, isComplete, found: again };
  });
}

interface Search {
  readonly analyzer: TextAnalyzer;
  readonly index: SearchIndex;
  readonly averageLength: number;
  readonly parameters: RankingParameters;
  readonly limit: number;
}

async function searchQuestion(
  { analyzer, index, averageLength, parameters, limit }: Search,
  { terms, reach }: AskedQuestion,
): Promise<FoundPassage[]> {
  const whole = wholeScore(reach);
  const least = parameters.least * whole;
  const ranked = await searchTerms(index, { terms, averageLength, parameters, limit, least });
  if (ranked.length === 0) return [];
  const passages = await index.readPassages(ranked);
  const found = passages.map((indexed) => {
    const sum = sumAt(ranked, indexed);
    const closeness = parameters.phrase === 0 ? 0 : closenessOf(analyzer, terms, indexed);
    const helped = sum * (1 + parameters.phrase * closeness);
    return { ...indexed, sum, closeness, helped, score: Math.min(1, helped / whole) };
  });
  return found
    .filter(({ helped }) => helped >= least)
    .toSorted((a, b) => b.helped - a.helped || a.document - b.document || a.rank - b.rank)
    .slice(0, limit)
    .map(({ helped: _helped, ...rest }) => rest);
}

function closenessOf(
  analyzer: TextAnalyzer,
  terms: readonly AskedTerm[],
  { passage, language }: IndexedPassage,
): number {
  const { title, heading, text } = passage;
  return measureCloseness(analyzer, language, terms, [text, heading, title]);
}

function sumAt(ranked: readonly RankedPlace[], { document, rank }: IndexedPassage): number {
  return ranked.find((place) => place.document === document && place.rank === rank)?.sum ?? 0;
}

function toPassage({ passage, score }: FoundPassage): Passage {
  return { ...passage, score };
}
