import type { Citation, Match } from "../message.ts";
import {
  findExactly,
  findNearly,
  findSentence,
  indexPassage,
  readSought,
  type Finding,
  type PassageIndex,
  type Sought,
} from "./find-quote.ts";
import type { Effort } from "./match-words.ts";
import type { NumberedPassage } from "./prompt-text.ts";
import { readCitations, type AnswerQuote, type CitationGroup } from "./read-citations.ts";
import { languageOf } from "./word-languages.ts";
import { readWords } from "./words.ts";

export const citationRules = {
  /** Of one answer, in their order; what comes behind is neither checked nor told. */
  mostCitations: 200,
  /** UTF-16 units of `Citation.quote`; `quote_start` and `quote_end` tell where all of it stands. */
  longestQuote: 500,
  /** Comparisons of words that fuzzy matching may cost. */
  effort: 300_000,
  /** Words that may be read in looking for quotations as they stand. */
  exactEffort: 4_000_000,
  /** UTF-16 units of a quotation that is looked for at all; nor may it be much longer than the longest passage. */
  longestSought: 10_000,
  slack: 200,
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
        const quotes = group.quotes.filter(
          (quote) => !quote.isTerm || !check.quote(number, quote).verified,
        );
        for (const quote of quotes.length > 0 ? quotes : [undefined]) {
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
  const exactly: Effort = { left: citationRules.exactEffort };
  const longest = Math.max(0, ...passages.map(({ passage }) => passage.text.length));
  const mostUnits = Math.min(citationRules.longestSought, longest + citationRules.slack);
  const known = new Map<string, Checked>();
  const read = new Map<AnswerQuote, Prepared | undefined>();
  const prepared = new Map<string, Prepared>();

  /** The same words are looked for once in each passage. */
  function once(key: string, run: () => Checked): Checked {
    const checked = known.get(key) ?? run();
    known.set(key, checked);
    return checked;
  }

  /** Undefined for what no passage can have. */
  function prepare(quote: AnswerQuote): Prepared | undefined {
    if (read.has(quote)) return read.get(quote);
    const made = isTooLong(quote.pieces, mostUnits) ? undefined : prepareWords(quote.pieces);
    read.set(quote, made);
    return made;
  }

  /** The same words are read once, however often they are quoted. */
  function prepareWords(pieces: readonly string[]): Prepared {
    const key = pieces.join("\n\n");
    const made = prepared.get(key) ?? {
      sought: pieces.map(joinInitials).map((piece) => {
        const without = dropInsertions(piece);
        return {
          sought: readSought(piece),
          without: without === piece ? undefined : readSought(without),
        };
      }),
      checked: new Map<number, Checked>(),
      foundIn: undefined,
    };
    prepared.set(key, made);
    return made;
  }

  /** Asked only for numbers whose passage doesn't have it, so one search serves them all. */
  function findElsewhere(quote: Prepared): number | null {
    quote.foundIn ??=
      passages.find((one) => {
        const index = indexes.get(one.number);
        return index && findPieces(index, quote.sought, exactly);
      })?.number ?? null;
    return quote.foundIn;
  }

  function checkQuote(number: number, quote: Prepared | undefined): Checked {
    const index = indexes.get(number);
    if (!quote) return toChecked(index, undefined);
    const before = quote.checked.get(number);
    if (before) return before;
    const finding = index && findPieces(index, quote.sought, exactly, effort);
    const checked = finding
      ? toChecked(index, finding)
      : { ...toChecked(index, undefined), found_in: findElsewhere(quote) };
    quote.checked.set(number, checked);
    return checked;
  }

  return {
    quote: (number: number, quote: AnswerQuote): Checked => checkQuote(number, prepare(quote)),
    claim(number: number, group: CitationGroup): Checked {
      const claim = group.claim();
      return once(`${number} claim ${claim}`, () => {
        const index = indexes.get(number);
        return toChecked(index, index && findSentence(index, claim, effort));
      });
    },
  };
}

/** What is quoted, read once for all numbers that it is quoted for. */
interface Prepared {
  readonly sought: readonly Piece[];
  readonly checked: Map<number, Checked>;
  /** Undefined until it has been looked for. */
  foundIn: number | null | undefined;
}

interface Piece {
  readonly sought: Sought;
  /** The same without the articles that stand in brackets; undefined where there are none. */
  readonly without: Sought | undefined;
}

function isTooLong(pieces: readonly string[], mostUnits: number): boolean {
  if (pieces.length > mostPieces) return true;
  return pieces.reduce((units, piece) => units + piece.length, 0) > mostUnits;
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
  pieces: readonly Piece[],
  exactly: Effort,
  effort?: Effort,
): Finding | undefined {
  const findings: Finding[] = [];
  for (const { sought, without } of pieces) {
    const finding =
      findExactly(index, sought, exactly) ??
      (without && toNormalised(findExactly(index, without, exactly))) ??
      (effort && findNearly(index, sought, effort));
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

/** "pay [the] fee": brackets tell that the quotation has put a word in; only an article changes nothing. */
function dropInsertions(text: string): string {
  if (!text.includes("[")) return text;
  const { articles } = languageOf(readWords(text));
  return text.replace(/\[(\p{L}{1,8})\][ \t]?/gu, (match, word: string) =>
    articles.has(word.toLowerCase()) || word === "sic" ? "" : match,
  );
}

function toNormalised(finding: Finding | undefined): Finding | undefined {
  return finding && { ...finding, how: "normalised" };
}
