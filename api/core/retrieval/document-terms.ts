import type { TextAnalyzer } from "./text-analyzer.ts";

/** How often a term stands in a passage, in each of its fields. */
export interface Mention {
  /** The passage's place in its document, from 0. */
  readonly rank: number;
  readonly text: number;
  readonly heading: number;
  readonly title: number;
  /** Of the passage's text, in words. */
  readonly length: number;
}

/** What the index holds of one document. */
export interface DocumentTerms {
  readonly language: string;
  readonly passages: number;
  /** Of all passages' texts together, in words. */
  readonly length: number;
  /** Each term's mentions, in the order of the passages. */
  readonly terms: ReadonlyMap<string, readonly Mention[]>;
}

export interface TermCollector {
  /** Passages come in their order. */
  add(passage: PassageWords): void;
  finish(): DocumentTerms;
}

interface PassageWords {
  readonly heading: string;
  readonly text: string;
}

/** What one passage mentions. */
export interface PassageMentions {
  /** Of its text, in words. */
  readonly length: number;
  readonly mentions: Iterable<readonly [term: string, mention: Mention]>;
}

/** Reads a document's passages, which come in their order. */
export function createMentionReader(
  analyzer: TextAnalyzer,
  language: string,
  title: string,
): (passage: PassageWords) => PassageMentions {
  const titleCounts = countTerms(analyzer, language, title).counts;
  let passages = 0;
  return ({ heading, text }) => {
    const rank = passages;
    passages += 1;
    const { counts, length } = countTerms(analyzer, language, text);
    const headingCounts = countTerms(analyzer, language, heading).counts;
    const terms = new Set([...counts.keys(), ...headingCounts.keys(), ...titleCounts.keys()]);
    const mentions = terms.values().map((term): [string, Mention] => [
      term,
      {
        rank,
        text: counts.get(term) ?? 0,
        heading: headingCounts.get(term) ?? 0,
        title: titleCounts.get(term) ?? 0,
        length,
      },
    ]);
    return { length, mentions };
  };
}

/** Collects the terms of a document, passage by passage, so that others may work in between. */
export function collectTerms(
  analyzer: TextAnalyzer,
  language: string,
  title: string,
): TermCollector {
  const terms = new Map<string, Mention[]>();
  const read = createMentionReader(analyzer, language, title);
  let passages = 0;
  let total = 0;
  return {
    add(passage) {
      const { length, mentions } = read(passage);
      for (const [term, mention] of mentions) {
        const before = terms.get(term);
        if (before) before.push(mention);
        else terms.set(term, [mention]);
      }
      passages += 1;
      total += length;
    },
    finish: () => ({ language, passages, length: total, terms }),
  };
}

function countTerms(analyzer: TextAnalyzer, language: string, text: string) {
  const counts = new Map<string, number>();
  const words = analyzer.findWords(text);
  for (const { word } of words) {
    const term = analyzer.stem(word, language);
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return { counts, length: words.length };
}
