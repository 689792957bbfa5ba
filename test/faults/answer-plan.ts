import type { Random } from "./random.ts";

/** How the model answers each request for one turn. */
export interface AnswerPlan {
  readonly kind: AnswerKind;
  readonly pieces: number;
  /** Between two pieces, in milliseconds. */
  readonly paceMs: number;
  /** Of a piece; UTF-16 units, about. */
  readonly length: number;
  /** A pause before the piece of that number, in milliseconds. */
  readonly silence: { readonly before: number; readonly ms: number } | undefined;
  /** `cut`: the connection breaks after the last piece. `refused`: there is no piece at all. */
  readonly end: "stop" | "length" | "cut" | "refused";
}

const kinds = { steady: 50, short: 18, silent: 12, flood: 8, cut: 8, refused: 4 };
export type AnswerKind = keyof typeof kinds;

export function drawAnswer(random: Random): AnswerPlan {
  const kind = random.weigh(kinds);
  const steady = {
    kind,
    pieces: random.integer(40, 110),
    paceMs: random.integer(40, 80),
    length: random.integer(12, 60),
    silence: undefined,
    end: random.chance(0.05) ? "length" : "stop",
  } as const;
  switch (kind) {
    case "steady":
      return steady;
    case "short":
      return { ...steady, pieces: random.integer(0, 4), paceMs: random.integer(0, 60) };
    case "silent": {
      const pieces = random.integer(8, 30);
      const silence = { before: random.integer(0, pieces - 1), ms: random.integer(2500, 7000) };
      return { ...steady, pieces, silence };
    }
    case "flood":
      return { ...steady, pieces: random.integer(60, 100), paceMs: 15, length: 600 };
    case "cut":
      return { ...steady, pieces: random.integer(1, 60), end: "cut" };
    case "refused":
      return { ...steady, pieces: 0, end: "refused" };
  }
}

/** A steady answer of about that length, for turns whose servers are to be killed. */
export function longAnswer(seconds: number): AnswerPlan {
  const paceMs = 60;
  const pieces = Math.round((seconds * 1000) / paceMs);
  return { kind: "steady", pieces, paceMs, length: 30, silence: undefined, end: "stop" };
}

/** Letters of one to four bytes; the last takes two UTF-16 units. */
const filler = "so the answer goes on, é weiter und weiter, 漢字もあり, 😀";

/**
 * The text of one piece. It names its turn, its request and its number, so that a text in which two
 * requests are mixed, or a piece is missing, can't look like a whole one.
 */
export function writePiece(tag: string, request: number, piece: number, length: number): string {
  const name = ` ${tag}/${request}:${piece} `;
  const wanted = Math.max(0, length - name.length);
  return (
    name +
    filler
      .repeat(Math.ceil(wanted / filler.length))
      .slice(0, wanted)
      .toWellFormed()
  );
}
