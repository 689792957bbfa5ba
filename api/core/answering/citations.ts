import { chooseExcerpt } from "./excerpt.ts";
import type { Source } from "../message.ts";
import type { NumberedPassage } from "./prompt-text.ts";

/** A place where a text cites sources: `[2]`, or `[1, 3]`. */
export interface Citation {
  readonly numbers: readonly number[];
  readonly start: number;
  readonly end: number;
}

const bracketed = /\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\]/g;
const code = /(`{3,}|~{3,})[\s\S]*?(?:\1|$)|`[^`\n]*`/g;

/** In order; brackets in code cite nothing. */
export function findCitations(text: string): Citation[] {
  const prose = text.replace(code, (match) => " ".repeat(match.length));
  return [...prose.matchAll(bracketed)].map(({ 0: match, 1: list = "", index }) => ({
    numbers: list.split(",").map(Number),
    start: index,
    end: index + match.length,
  }));
}

/** The text without the citations of these numbers alone, nor the space before them. */
export function removeCitations(text: string, numbers: ReadonlySet<number>): string {
  let kept = "";
  let from = 0;
  for (const citation of findCitations(text)) {
    if (!citation.numbers.every((number) => numbers.has(number))) continue;
    kept += text.slice(from, citation.start).replace(/[ \t]+$/, "");
    from = citation.end;
  }
  return kept + text.slice(from);
}

/**
 * The sources of a model's answer: those of its passages that it cites, by number. Each excerpt is
 * what of the passage fits the citing words best, as it stands there.
 */
export function citeSources(text: string, passages: readonly NumberedPassage[]): Source[] {
  const claims = readClaims(text);
  return passages.flatMap(({ number, passage }) => {
    const claim = claims.get(number);
    if (claim === undefined) return [];
    const { documentId, title, url, heading, score } = passage;
    const { start, end } = chooseExcerpt(passage.text, claim);
    const excerpt = passage.text.slice(start, end);
    const place = { start: passage.start + start, end: passage.start + end };
    return [{ number, document_id: documentId, title, url, heading, excerpt, ...place, score }];
  });
}

/** UTF-16 units before a citation that are taken for what it stands for. */
const longestClaim = 600;

/** What the text says where it cites each number: back to the citation before, in the same paragraph. */
function readClaims(text: string): Map<number, string> {
  const claims = new Map<number, string>();
  let last = { end: 0, claim: "" };
  for (const { numbers, start, end } of findCitations(text)) {
    const between = text.slice(last.end, start);
    const paragraph =
      between
        .trimEnd()
        .split(/\n[ \t]*\n/)
        .at(-1) ?? "";
    // Of two citations side by side the second stands for the same words.
    const claim = between.trim() === "" ? last.claim : paragraph.slice(-longestClaim);
    for (const number of numbers) claims.set(number, `${claims.get(number) ?? ""}\n${claim}`);
    last = { end, claim };
  }
  return claims;
}
