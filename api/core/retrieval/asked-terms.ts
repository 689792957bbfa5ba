import { type RankingParameters, weighTerm } from "./bm25.ts";
import type { IndexStatistics } from "./search-index.ts";
import type { TextAnalyzer, Word } from "./text-analyzer.ts";

/** One thing that a question asks for. */
export interface AskedTerm {
  /** As the question has it, in one spelling. */
  readonly word: string;
  /** As the index has it: a form for each language of the documents, without repetition. */
  readonly forms: readonly string[];
  /** Where it stands among the question's words, from 0; ascending. */
  readonly places: readonly number[];
  /** How many passages have it: at most all, and of several forms the sum. */
  readonly passages: number;
  /** How much it tells, as often as the question says it. */
  readonly weight: number;
  /** The term of the index that was taken for a word that it doesn't know. */
  readonly corrected?: string;
}

export interface AskedQuestion {
  /** In the order of the question. */
  readonly terms: readonly AskedTerm[];
  /** What a text can reach: the weight of all terms, but of a long question only that of so many average ones. */
  readonly reach: number;
}

/** Bounds of the work, whatever is asked: UTF-16 units of a question, its words, and terms. */
const most = { length: 4000, words: 400, terms: 64, weightyTerms: 8 } as const;

/** What a language without a stemmer makes of a word, this one does. */
const noLanguage = "und";

/** All that the index could hold for the words of a question, whatever the languages of the documents. */
export function listForms(analyzer: TextAnalyzer, question: string): string[] {
  const words = readWords(analyzer, question);
  const languages = [...analyzer.languages, noLanguage];
  return [
    ...new Set(
      words.flatMap(({ word }) => languages.map((language) => analyzer.stem(word, language))),
    ),
  ];
}

/** Words of a question that have one stem. */
interface Grouped {
  readonly word: string;
  readonly forms: Set<string>;
  readonly places: number[];
}

function readWords(analyzer: TextAnalyzer, question: string): Word[] {
  return analyzer.findWords(question.slice(0, most.length)).slice(0, most.words);
}

/**
 * The words of a question that are looked for: neither grammar nor, where there is anything else, what only dresses
 * the question up.
 */
function pickWords(analyzer: TextAnalyzer, question: string, languages: readonly string[]) {
  const language = analyzer.detectLanguage(question.slice(0, most.length), languages);
  const words = readWords(analyzer, question).map(({ word }, place) => ({
    word,
    place,
    role: analyzer.roleOf(word, language),
  }));
  const asked = words.filter(({ role }) => role === "content");
  return asked.length > 0 ? asked : words.filter(({ role }) => role === "filler");
}

/** The terms of a question with their weights, by what the index says of their forms. */
export function weighQuestion(
  analyzer: TextAnalyzer,
  question: string,
  statistics: IndexStatistics,
  { prior }: RankingParameters,
): AskedQuestion {
  const languages = statistics.languages.length > 0 ? statistics.languages : ["en"];
  const byStem = new Map<string, Grouped>();
  for (const { word, place } of pickWords(analyzer, question, languages)) {
    const forms = languages.map((language) => analyzer.stem(word, language));
    const [stem = word] = forms;
    const known = byStem.get(stem);
    if (!known && byStem.size === most.terms) continue;
    const group = known ?? { word, forms: new Set<string>(), places: [] };
    for (const form of forms) group.forms.add(form);
    group.places.push(place);
    byStem.set(stem, group);
  }
  const terms = [...byStem.values()].map(({ word, forms, places }) => {
    const counts = [...forms].map((form) => statistics.frequencies.get(form) ?? 0);
    const sum = counts.reduce((a, b) => a + b, 0);
    const passages = Math.min(sum, statistics.passages);
    const weight = places.length * weighTerm(statistics.passages, passages, prior);
    return { word, forms: [...forms], places, passages, weight };
  });
  return { terms, reach: reachOf(terms) };
}

/** What a text can reach that has all of the terms. */
export function reachOf(terms: readonly AskedTerm[]): number {
  if (terms.length === 0) return 0;
  const sum = terms.reduce((total, { weight }) => total + weight, 0);
  return (sum / terms.length) * countReach(terms);
}

/** How many average terms have the weight that a text can reach. */
export function countReach(terms: readonly AskedTerm[]): number {
  return Math.min(terms.length, most.weightyTerms);
}
