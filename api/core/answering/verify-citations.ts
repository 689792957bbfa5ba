import type { Citation, Match } from "../message.ts";
import {
  findExactly,
  findNearly,
  findSentence,
  indexPassage,
  type Finding,
  type PassageIndex,
} from "./find-quote.ts";
import type { Effort } from "./match-words.ts";
import type { NumberedPassage } from "./prompt-text.ts";
import { readCitations, type AnswerQuote, type CitationGroup } from "./read-citations.ts";

export const citationRules = {
  /** Of one answer, in their order; what comes behind is neither checked nor told. */
  mostCitations: 200,
  /** UTF-16 units of `Citation.quote`; `quote_start` and `quote_end` tell where all of it stands. */
  longestQuote: 500,
  /** Comparisons of words that fuzzy matching may cost. */
  effort: 300_000,
} as const;

/**
 * Checks what an answer cites, number by number: whether the words that it quotes, or else the citing sentence, are
 * in the passage of that number. Pure, and bounded in time whatever the answer.
 */
export function verifyCitations(text: string, passages: readonly NumberedPassage[]): Citation[] {
  const check = createCheck(passages);
  const citations: Citation[] = [];
  for (const group of readCitations(
    text,
    passages.map(({ passage }) => passage.text),
  )) {
    for (const mark of group.marks) {
      for (const number of new Set(mark.numbers)) {
        const { start, end } = mark;
        for (const quote of group.quotes.length > 0 ? group.quotes : [undefined]) {
          if (citations.length === citationRules.mostCitations) return citations;
          const checked = quote ? check.quote(number, quote) : check.claim(number, group);
          const shown = quote && (quote.isMarked || checked.verified) ? quote : undefined;
          citations.push({ number, start, end, ...showQuote(text, shown), ...checked });
        }
      }
    }
  }
  return citations;
}

function showQuote(text: string, quote: AnswerQuote | undefined) {
  if (!quote) return { quote: null, quote_start: null, quote_end: null };
  const { start, end } = quote;
  const shown = text.slice(start, Math.min(end, start + citationRules.longestQuote));
  return { quote: shown.toWellFormed(), quote_start: start, quote_end: end };
}

type Checked = Pick<Citation, "verified" | "how" | "document_id" | "places" | "found_in">;

function createCheck(passages: readonly NumberedPassage[]) {
  const indexes = new Map(passages.map(({ number, passage }) => [number, indexPassage(passage)]));
  const effort: Effort = { left: citationRules.effort };
  const known = new Map<string, Checked>();

  /** The same words are looked for once in each passage. */
  function once(key: string, run: () => Checked): Checked {
    const checked = known.get(key) ?? run();
    known.set(key, checked);
    return checked;
  }

  const look = (index: PassageIndex | undefined, { pieces }: AnswerQuote, isNearEnough: boolean) =>
    index && findPieces(index, pieces, isNearEnough ? effort : undefined);

  function findElsewhere(number: number, quote: AnswerQuote): number | null {
    const other = passages.find(
      (one) => one.number !== number && look(indexes.get(one.number), quote, false),
    );
    return other?.number ?? null;
  }

  return {
    quote: (number: number, quote: AnswerQuote): Checked =>
      once(`${number} quote ${quote.pieces.join("\n\n")}`, () => {
        const index = indexes.get(number);
        const finding = look(index, quote, true);
        return finding
          ? toChecked(index, finding)
          : { ...toChecked(index, undefined), found_in: findElsewhere(number, quote) };
      }),
    claim(number: number, group: CitationGroup): Checked {
      const claim = group.claim();
      return once(`${number} claim ${claim}`, () => {
        const index = indexes.get(number);
        return toChecked(index, index && findSentence(index, claim, effort));
      });
    },
  };
}

function toChecked(index: PassageIndex | undefined, finding: Finding | undefined): Checked {
  const offset = index?.passage.start ?? 0;
  return {
    verified: finding !== undefined,
    how: finding?.how ?? "none",
    document_id: index?.passage.documentId ?? null,
    places: (finding?.places ?? []).map(({ start, end }) => ({
      start: start + offset,
      end: end + offset,
    })),
    found_in: null,
  };
}

const byTrust: readonly Match[] = ["none", "fuzzy", "normalised", "verbatim"];
/** Paragraphs of one block quote, or rows of one table. */
const mostPieces = 100;

/** All of them, or nothing; as sure as the least sure one. @param effort undefined: nothing fuzzy. */
function findPieces(
  index: PassageIndex,
  pieces: readonly string[],
  effort: Effort | undefined,
): Finding | undefined {
  if (pieces.length > mostPieces) return undefined;
  const findings: Finding[] = [];
  for (const piece of pieces) {
    const text = joinInitials(piece);
    const finding = findExactly(index, text) ?? (effort && findNearly(index, text, effort));
    if (!finding) return undefined;
    findings.push(finding);
  }
  const [least] = findings.toSorted((a, b) => byTrust.indexOf(a.how) - byTrust.indexOf(b.how));
  const places = findings
    .flatMap((finding) => finding.places)
    .toSorted((a, b) => a.start - b.start || a.end - b.end);
  return least && { how: least.how, places };
}

/** "[T]he" is how a quotation changes the case of a letter. */
function joinInitials(text: string): string {
  return text.replace(/\[(\p{L})\](?=\p{L})/gu, "$1");
}
