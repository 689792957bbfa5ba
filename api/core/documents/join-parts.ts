import type { FindPage } from "./page-finder.ts";
import type { Span } from "./split-long.ts";

/** Characters (UTF-16 units); what is shorter is joined, what is longer is split, where possible. */
export const passageLength = { least: 300, most: 1200, mostCode: 2400 } as const;

/** A block, or a piece of a long one. */
export interface Part extends Span {
  /** Ends in ":" and so belongs to what follows it. */
  readonly introduces: boolean;
  /** A piece of split code: what stands beside it must not be read as code. */
  readonly standsAlone: boolean;
}

export interface PartJoiner {
  /** Parts come in their order. */
  add(part: Part): void;
  finish(): Span[];
}

/** The spans of one section's passages, part by part: a section may have millions of tiny parts. */
export function createPartJoiner(findPage: FindPage): PartJoiner {
  const { least, most } = passageLength;
  const spans: Part[] = [];
  /** Not placed yet, since it may introduce the next. */
  let held: Part | undefined;

  function place(part: Part): void {
    const last = spans.at(-1);
    const isShort = last && last.end - last.start < least;
    const limit = isShort ? most + least : most;
    const belongs = last && (isShort || findPage(last.start) === findPage(part.start));
    if (belongs && fits(last, part, limit)) spans[spans.length - 1] = join(last, part);
    else spans.push(part);
  }

  return {
    add(part) {
      // No passage ends between what ends in ":" and what it introduces.
      const isIntro = held?.introduces && held.end - held.start < least;
      if (held && isIntro && !part.standsAlone) held = join(held, part);
      else {
        if (held) place(held);
        held = part;
      }
    },
    finish() {
      if (held) place(held);
      const [before, tail] = spans.slice(-2);
      const isTailShort = before && tail && tail.end - tail.start < least;
      if (isTailShort && fits(before, tail, most + least)) spans.splice(-2, 2, join(before, tail));
      return spans;
    },
  };
}

function fits(first: Part, second: Part, limit: number): boolean {
  return !first.standsAlone && !second.standsAlone && second.end - first.start <= limit;
}

function join(first: Part, second: Part): Part {
  return { ...second, start: first.start };
}
