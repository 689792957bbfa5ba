/**
 * What a ranking goes by. BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009):
 * a term that stands `tf` times in a passage of `length` words adds
 * `idf · tf · (k1 + 1) / (tf + k1 · (1 − b + b · length / average length))`.
 */
export interface RankingParameters {
  /** How fast further mentions of a term count less. */
  readonly k1: number;
  /** How much longer passages count less, from 0 to 1. */
  readonly b: number;
  /** Added to the number of passages, since a handful says little about what is rare. */
  readonly prior: number;
  /** How many mentions in the text one in the document's title is worth. */
  readonly title: number;
  /** The same of the passage's headings. */
  readonly heading: number;
  /** The most that words which stand together as they do in the question can add to a score, as a share of it. */
  readonly phrase: number;
  /** The least score of a result, from 0 to 1. */
  readonly least: number;
}

/** Nothing but BM25 over the passages' texts. */
export const textbookRanking: RankingParameters = {
  k1: 1.2,
  b: 0.75,
  prior: 0,
  title: 0,
  heading: 0,
  phrase: 0,
  least: 0,
};

/** How much a term tells: `ln(1 + (N − n + 0.5) / (n + 0.5))` of N passages, n of which have it. Always above 0. */
export function weighTerm(passages: number, withTerm: number, prior: number): number {
  const all = Math.max(passages, withTerm) + prior;
  return Math.log(1 + (all - withTerm + 0.5) / (withTerm + 0.5));
}

/** What a passage's mentions of a term count together. */
export function weighMentions(
  text: number,
  heading: number,
  title: number,
  parameters: RankingParameters,
): number {
  return text + parameters.heading * heading + parameters.title * title;
}

/** The share of a term's weight that its mentions bring, times k1 + 1; less than k1 + 1 whatever they are. */
export function saturate(
  mentions: number,
  length: number,
  averageLength: number,
  { k1, b }: RankingParameters,
): number {
  if (mentions === 0) return 0;
  const relative = averageLength > 0 ? length / averageLength : 1;
  return (mentions * (k1 + 1)) / (mentions + k1 * (1 - b + b * relative));
}
