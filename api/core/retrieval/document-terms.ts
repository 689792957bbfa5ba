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
  add(passage: { readonly heading: string; readonly text: string }): void;
  finish(): DocumentTerms;
}

/** Collects the terms of a document, passage by passage, so that others may work in between. */
export function collectTerms(
  analyzer: TextAnalyzer,
  language: string,
  title: string,
): TermCollector {
  const terms = new Map<string, Mention[]>();
  const titleCounts = countTerms(analyzer, language, title).counts;
  let passages = 0;
  let total = 0;
  return {
    add({ heading, text }) {
      const { counts, length } = countTerms(analyzer, language, text);
      const headingCounts = countTerms(analyzer, language, heading).counts;
      for (const term of new Set([
        ...counts.keys(),
        ...headingCounts.keys(),
        ...titleCounts.keys(),
      ])) {
        const mention = {
          rank: passages,
          text: counts.get(term) ?? 0,
          heading: headingCounts.get(term) ?? 0,
          title: titleCounts.get(term) ?? 0,
          length,
        };
        const mentions = terms.get(term);
        if (mentions) mentions.push(mention);
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
