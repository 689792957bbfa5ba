import type { Passage } from "../documents/retriever.ts";
import type { Tenant } from "../tenant.ts";
import type { AskedTerm } from "./asked-terms.ts";
import { type RankingParameters, saturate, weighMentions } from "./bm25.ts";
import {
  findPassages,
  type FoundPassage,
  type LexicalDeps,
  productRanking,
  retrievalIncomplete,
  wholeScore,
} from "./lexical-search.ts";
import type { Postings } from "./search-index.ts";
import { readTerms } from "./search-terms.ts";

/** A term of the question, as the search took it. */
export interface ExplainedTerm {
  readonly word: string;
  /** As the index has it, in the languages of the documents. */
  readonly forms: readonly string[];
  /** How many passages have it. */
  readonly passages: number;
  readonly weight: number;
  /** The known term that an unknown word was taken for, else null. */
  readonly corrected: string | null;
}

/** What one term adds to a passage's score. */
export interface Contribution {
  readonly word: string;
  /** How often it stands there. */
  readonly text: number;
  readonly heading: number;
  readonly title: number;
  /** Of the score, from 0 to 1. */
  readonly score: number;
}

export interface ExplainedPassage {
  readonly passage: Passage;
  /** Of the passage's text, in words; null when the index has changed meanwhile. */
  readonly length: number | null;
  readonly contributions: readonly Contribution[];
  /** What words add that stand together as in the question. */
  readonly phrase: number;
}

export interface Explanation {
  readonly parameters: RankingParameters;
  /** Of the passages' texts, in words. */
  readonly averageLength: number;
  /** The words that were looked for; others of the question were not. */
  readonly terms: readonly ExplainedTerm[];
  /** See `Retrieval.degraded`. */
  readonly degraded: readonly string[];
  /** Best first. A score that the parts would bring above 1 is 1. */
  readonly passages: readonly ExplainedPassage[];
}

/** Shows what a question finds in a tenant's documents by its words, and why. */
export async function explainRetrieval(
  deps: LexicalDeps,
  tenant: Tenant,
  question: string,
  limit: number,
): Promise<Explanation> {
  const { parameters = productRanking } = deps;
  const {
    question: asked,
    averageLength,
    isComplete,
    found,
  } = await findPassages(deps, tenant, question, limit);
  const documents = [...new Set(found.map(({ document }) => document))];
  const known = asked.terms.filter(({ passages }) => passages > 0);
  const postings =
    documents.length > 0
      ? await deps.readIndex(tenant, (index) => readTerms(index, known, documents))
      : new Map<AskedTerm, Postings>();
  const whole = wholeScore(asked.reach);
  return {
    parameters,
    averageLength,
    degraded: isComplete ? [] : [retrievalIncomplete],
    terms: asked.terms.map(({ word, forms, passages, weight, corrected = null }) => ({
      word,
      forms,
      passages,
      weight,
      corrected,
    })),
    passages: found.map((one) => explainPassage(one, postings, averageLength, parameters, whole)),
  };
}

function explainPassage(
  found: FoundPassage,
  byTerm: ReadonlyMap<AskedTerm, Postings>,
  averageLength: number,
  parameters: RankingParameters,
  whole: number,
): ExplainedPassage {
  const contributions: Contribution[] = [];
  let length: number | null = null;
  for (const [{ word, weight }, postings] of byTerm) {
    const at = findPlace(postings, found);
    if (at === -1) continue;
    const [text = 0, heading = 0, title = 0] = [
      postings.texts[at],
      postings.headings[at],
      postings.titles[at],
    ];
    length = postings.lengths[at] ?? 0;
    const mentions = weighMentions(text, heading, title, parameters);
    const score = (weight * saturate(mentions, length, averageLength, parameters)) / whole;
    contributions.push({ word, text, heading, title, score });
  }
  const { passage, score, sum, closeness } = found;
  const phrase = (sum * parameters.phrase * closeness) / whole;
  return { passage: { ...passage, score }, length, contributions, phrase };
}

function findPlace({ size, documents, ranks }: Postings, { document, rank }: FoundPassage): number {
  for (let i = 0; i < size; i += 1) if (documents[i] === document && ranks[i] === rank) return i;
  return -1;
}
