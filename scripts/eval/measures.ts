/** How well rankings put the relevant first, on average over their questions. */
export interface Measures {
  /** Normalised discounted cumulative gain of the first ten, with judgements of relevant or not, from 0 to 1. */
  readonly ndcg: number;
  /** Which share of the relevant is among the first ten. */
  readonly recall: number;
}

export const depth = 10;

/** Which share of the relevant is among the first `k`. */
export function recallAt(
  k: number,
  ranked: readonly string[],
  relevant: ReadonlySet<string>,
): number {
  return ranked.slice(0, k).filter((id) => relevant.has(id)).length / relevant.size;
}

/** @param relevant of one question at least; @param ranked best first. */
export function measureRanking(ranked: readonly string[], relevant: ReadonlySet<string>): Measures {
  const first = ranked.slice(0, depth);
  const gain = (rank: number) => 1 / Math.log2(rank + 2);
  const sum = first.reduce((total, id, rank) => total + (relevant.has(id) ? gain(rank) : 0), 0);
  const ideal = Array.from({ length: Math.min(depth, relevant.size) }, (_, rank) => gain(rank));
  return {
    ndcg: sum / ideal.reduce((a, b) => a + b, 0),
    recall: recallAt(depth, ranked, relevant),
  };
}

export function averageMeasures(all: readonly Measures[]): Measures {
  const average = (read: (one: Measures) => number) =>
    all.reduce((sum, one) => sum + read(one), 0) / all.length;
  return { ndcg: average(({ ndcg }) => ndcg), recall: average(({ recall }) => recall) };
}

/** The value that so many percent of the others are not above; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
