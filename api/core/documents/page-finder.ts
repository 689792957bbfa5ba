import type { PageStart } from "./parsed-document.ts";

/** The page on which the character at the offset stands; null without pages. */
export type FindPage = (at: number) => number | null;

/** @param pages where each begins, in order; what stands before the first belongs to it. */
export function createPageFinder(pages: readonly PageStart[]): FindPage {
  return (at) => {
    let low = 0;
    let high = pages.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((pages[middle]?.start ?? 0) <= at) low = middle;
      else high = middle;
    }
    return pages[low]?.page ?? null;
  };
}
