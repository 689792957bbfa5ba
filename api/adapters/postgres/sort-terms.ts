import { setImmediate } from "node:timers/promises";

/** Terms that are sorted or merged before others may work. */
const sliceLength = 8192;

/** Sorts very many strings by their UTF-16 units, slice by slice, so that others may work in between. */
export async function sortTerms(terms: readonly string[]): Promise<string[]> {
  let runs: string[][] = [];
  for (let first = 0; first < terms.length; first += sliceLength) {
    runs.push(terms.slice(first, first + sliceLength).toSorted());
    await setImmediate();
  }
  while (runs.length > 1) {
    const longer: string[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      longer.push(await mergeRuns(runs[i] ?? [], runs[i + 1] ?? []));
    runs = longer;
  }
  return runs[0] ?? [];
}

async function mergeRuns(some: readonly string[], others: readonly string[]): Promise<string[]> {
  const merged: string[] = [];
  let [i, j] = [0, 0];
  while (i < some.length || j < others.length) {
    const [a, b] = [some[i], others[j]];
    if (b === undefined || (a !== undefined && a <= b)) {
      merged.push(a ?? "");
      i += 1;
    } else {
      merged.push(b);
      j += 1;
    }
    if (merged.length % sliceLength === 0) await setImmediate();
  }
  return merged;
}
