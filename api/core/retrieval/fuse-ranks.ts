import type { Passage } from "../documents/retriever.ts";

/** A passage with its similarity to the question (cosine). */
export interface NearPassage {
  readonly passage: Omit<Passage, "score">;
  readonly similarity: number;
}

/**
 * The k of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods" (2009): how much less the first places count than their ranks alone would say.
 */
const rankOffset = 60;

/** The relevance of a passage that is just near enough; below what an answer quotes, above what isn't found at all. */
const leastRelevance = 0.2;

/**
 * Both lists as one, best first, by the sum of 1 / (60 + rank). The order is that of the ranks alone, since the two
 * scores measure different things. The score of each passage is its own relevance: what its words earn, or its
 * similarity does, whichever is more. So thresholds on it mean what they mean without vectors, and being the nearest
 * of all makes nothing relevant.
 * @param lexical best first. @param near best first.
 */
export function fuseRanks(
  lexical: readonly Passage[],
  near: readonly NearPassage[],
  leastSimilarity: number,
): Passage[] {
  const fused = new Map<string, { passage: Passage; sum: number }>();
  const add = (passage: Passage, rank: number) => {
    const sum = 1 / (rankOffset + rank);
    const known = fused.get(passage.id);
    if (!known) return void fused.set(passage.id, { passage, sum });
    const score = Math.max(known.passage.score, passage.score);
    fused.set(passage.id, { passage: { ...known.passage, score }, sum: known.sum + sum });
  };
  for (const [index, passage] of lexical.entries()) add(passage, index + 1);
  for (const [index, { passage, similarity }] of near.entries()) {
    add({ ...passage, score: relevanceOf(similarity, leastSimilarity) }, index + 1);
  }
  return [...fused.values()]
    .toSorted((a, b) => b.sum - a.sum || b.passage.score - a.passage.score || byId(a, b))
    .map(({ passage }) => passage);
}

/** From 0.2 for what is just near enough to 1 for the same meaning, in a straight line. */
export function relevanceOf(similarity: number, leastSimilarity: number): number {
  const share = (similarity - leastSimilarity) / (1 - leastSimilarity);
  return leastRelevance + (1 - leastRelevance) * Math.min(1, Math.max(0, share));
}

function byId(a: { passage: Passage }, b: { passage: Passage }): number {
  return a.passage.id < b.passage.id ? -1 : 1;
}
