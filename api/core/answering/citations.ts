import { blankCode, findMarks } from "./citation-marks.ts";
import { chooseExcerpt } from "./excerpt.ts";
import type { Citation, Source } from "../message.ts";
import type { NumberedPassage } from "./prompt-text.ts";
import { verifyCitations } from "./verify-citations.ts";

/** What an answer cites. */
export interface Cited {
  readonly sources: readonly Source[];
  readonly citations: readonly Citation[];
}

/**
 * The sources of a model's answer: those of its passages that it cites, by number, and what checking each citation
 * has found. Each excerpt has the words that the answer quotes, else what of the passage fits the citing words best,
 * as it stands there.
 */
export function citeAnswer(text: string, passages: readonly NumberedPassage[]): Cited {
  const claims = readClaims(text);
  const citations = verifyCitations(text, passages);
  const sources = passages.flatMap(({ number, passage }) => {
    const claim = claims.get(number);
    if (claim === undefined) return [];
    const { documentId, title, url, heading, page, score } = passage;
    const { start, end } = placeExcerpt({ number, passage }, citations, claim);
    const excerpt = passage.text.slice(start, end);
    const place = { start: passage.start + start, end: passage.start + end };
    const about = { number, document_id: documentId, title, url, heading, page };
    return [{ ...about, excerpt, ...place, score, verified: isVerified(number, citations) }];
  });
  return { sources, citations };
}

/** Whether the words that are quoted from a source were found there: at least one, and none of them not. */
export function isVerified(number: number, citations: readonly Citation[]): boolean {
  const own = citations.filter((one) => one.number === number);
  return (
    own.some(({ verified }) => verified) &&
    own.every(({ verified, quote }) => verified || quote === null)
  );
}

function placeExcerpt(
  { number, passage }: NumberedPassage,
  citations: readonly Citation[],
  claim: string,
): { start: number; end: number } {
  const quoted = citations.find((one) => one.number === number && one.verified)?.places;
  const [first, last] = [quoted?.[0], quoted?.at(-1)];
  if (!first || !last) return chooseExcerpt(passage.text, claim);
  const [start, end] = [first.start - passage.start, last.end - passage.start];
  const around = chooseExcerpt(passage.text, passage.text.slice(start, end));
  if (around.start <= start && around.end >= end) return around;
  return { start, end };
}

/** UTF-16 units before a citation that are taken for what it stands for. */
const longestClaim = 600;

/** What the text says where it cites each number: back to the citation before, in the same paragraph. */
function readClaims(text: string): Map<number, string> {
  const claims = new Map<number, string>();
  let last = { end: 0, claim: "" };
  for (const { numbers, start, end } of findMarks(blankCode(text))) {
    const between = text.slice(last.end, start);
    const paragraph =
      between
        .trimEnd()
        .split(/\n[ \t]*\n/)
        .at(-1) ?? "";
    // Of two citations side by side the second stands for the same words.
    const claim = between.trim() === "" ? last.claim : paragraph.slice(-longestClaim);
    for (const number of numbers) {
      const before = claims.get(number) ?? "";
      if (before.length < mostClaims) claims.set(number, `${before}\n${claim}`);
    }
    last = { end, claim };
  }
  return claims;
}

/** UTF-16 units of all that a number stands for. */
const mostClaims = 20_000;
