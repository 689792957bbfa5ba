import { blankCode, findMarks, type CitationMark } from "./citation-marks.ts";
import { isBare, isCopied, isShown, readBlockQuote, readShown } from "./cited-blocks.ts";
import { type Block, parseBlocks } from "./markdown-blocks.ts";
import { readMarker } from "./markdown-lines.ts";
import { endsSentence, isTerm } from "./quoted-term.ts";
import { findQuoted } from "./quotation-marks.ts";
import { splitProse } from "./prose-sentences.ts";
import { readWords } from "./words.ts";

/** Words of the answer that stand for a source's. */
export interface AnswerQuote {
  readonly start: number;
  readonly end: number;
  /** What has to be in the passage, each as one stretch. */
  readonly pieces: readonly string[];
  /** False for code, tables and lists that a number follows: they may be the answer's own. */
  readonly isMarked: boolean;
  /** A single word within a longer statement: that the passage has it proves nothing, only that it hasn't. */
  readonly isTerm?: boolean;
}

/** Numbers that stand side by side, with what is quoted for them. */
export interface CitationGroup {
  readonly marks: readonly CitationMark[];
  readonly start: number;
  readonly end: number;
  readonly quotes: AnswerQuote[];
  /** The citing sentence, for a group without a quotation. */
  readonly claim: () => string;
}

/** A paragraph, a list item, a block quote …; within it numbers and quotations find each other. */
interface Section {
  readonly kind: "text" | "quote" | "shown";
  readonly block: Block;
  readonly start: number;
  readonly end: number;
  readonly groups: CitationGroup[];
}

/** UTF-16 units before a number that are taken for what it stands for. */
const longestClaim = 600;
/** Between a number and a quotation that belong together. */
const longestGap = 300;
/** Words in a quotation that other words part from its number: a shorter one is a term, not the statement. */
const leastLoose = 4;
/** Numbers side by side that share what they stand for. */
const mostMarks = 16;

interface Answer {
  readonly text: string;
  /** The same without its code. */
  readonly prose: string;
  /** Those of the passages that have numbers in brackets themselves. */
  readonly given: readonly string[];
}

/**
 * The citations of an answer, in order, each with what it quotes. One pass; what is far apart is never compared.
 * @param given the texts of the passages: a number in brackets that was quoted from them cites nothing.
 */
export function readCitations(text: string, given: readonly string[]): CitationGroup[] {
  const bracketed = given.filter((one) => /[[【［][^\d\n]{0,20}\d/.test(one));
  const answer = { text, prose: blankCode(text), given: bracketed };
  const sections = [...parseBlocks(text)].flatMap(toSections);
  placeGroups(answer, sections);
  const taken = new Set<Block>();
  for (const at of sections.keys()) takeShown(answer.prose, sections, at, taken);
  for (const [at, section] of sections.entries()) {
    if (section.kind === "text") takeMarked(answer, section);
    else if (section.kind === "quote" && !taken.has(section.block))
      takeBlockQuote(answer, sections, at);
  }
  return sections.flatMap(({ groups }) => groups);
}

function toSections(block: Block): Section[] {
  const section = (kind: Section["kind"], start: number, end: number): Section => {
    return { kind, block, start, end, groups: [] };
  };
  if (block.kind === "quote") return [section("quote", block.start, block.end)];
  if (block.kind === "code") return [section("shown", block.start, block.end)];
  if (block.kind !== "list" && block.kind !== "table")
    return [section("text", block.start, block.end)];
  const starts = block.lines.filter((line) => block.kind === "table" || readMarker(line));
  return starts.map(({ start }, at) => section("text", start, starts[at + 1]?.from ?? block.end));
}

/** The numbers, those side by side as one, in the sections where they stand. */
function placeGroups(answer: Answer, sections: readonly Section[]): void {
  const { text, given } = answer;
  let at = 0;
  for (const mark of findMarks(answer.prose)) {
    while (at < sections.length && (sections[at]?.end ?? 0) <= mark.start) at += 1;
    const section = sections[at];
    if (!section || section.start > mark.start || isCopied(text, given, section.block, mark))
      continue;
    const last = section.groups.at(-1);
    if (last && last.marks.length < mostMarks && isBeside(answer.prose, last, mark))
      section.groups[section.groups.length - 1] = {
        ...last,
        marks: [...last.marks, mark],
        end: mark.end,
      };
    else section.groups.push(openGroup(answer, section, last, mark));
  }
}

function isBeside(prose: string, last: CitationGroup, mark: CitationMark): boolean {
  if (mark.start - last.end >= 20) return false;
  return /^[\s,;&]*(?:and|und|et|y|e)?\s*$/i.test(prose.slice(last.end, mark.start));
}

function openGroup(
  { text, prose }: Answer,
  section: Section,
  last: CitationGroup | undefined,
  mark: CitationMark,
): CitationGroup {
  const { start, end } = mark;
  const from = Math.max(last?.end ?? section.start, start - longestClaim);
  const claim = () => {
    const before = splitProse(text.slice(from, start)).at(-1)?.text;
    if (before !== undefined) return before;
    if (last && isBare(prose.slice(last.end, start))) return last.claim();
    const whole = section.groups.find(({ marks }) => marks.includes(mark));
    const behind = text.slice(whole?.end ?? end, Math.min(section.end, end + longestClaim));
    return splitProse(behind)[0]?.text ?? "";
  };
  return { marks: [mark], start, end, quotes: [], claim };
}

/** The quotations of a paragraph go to the numbers that they belong to. */
function takeMarked({ text, prose }: Answer, { start, end, groups }: Section): void {
  if (groups.length === 0) return;
  const rests: Rest[] = [];
  const taken = new Set<CitationGroup>();
  let next = 0;
  for (const quoted of findQuoted(prose.slice(start, end))) {
    let from = start + quoted.start;
    const to = start + quoted.end;
    // Numbers within the marks part what they stand behind.
    for (; (groups[next]?.start ?? Infinity) < to; next += 1) {
      const inner = groups[next];
      if (!inner || inner.end <= from) continue;
      addQuote(inner, text, from, inner.start);
      taken.add(inner);
      from = inner.end;
    }
    if (isBare(prose.slice(from, to))) continue;
    const rest: Rest = { from, to, isDoubtful: quoted.isDoubtful, group: undefined };
    rest.group = chooseGroup(prose, rest, groups[next - 1], groups[next], taken);
    if (rest.group) taken.add(rest.group);
    rests.push(rest);
  }
  joinNeighbours(prose, rests);
  for (const { from, to, group } of rests)
    if (group) addQuote(group, text, from, to, isTerm(prose, start, { from, to }, group));
}

/** What is quoted, without what a number within the marks has taken. */
interface Rest {
  readonly from: number;
  readonly to: number;
  readonly isDoubtful: boolean;
  group: CitationGroup | undefined;
}

/** Of "a" and "b" [1] both belong to the number. */
function joinNeighbours(prose: string, rests: readonly Rest[]): void {
  for (let at = rests.length - 2; at >= 0; at -= 1) {
    const [rest, behind] = [rests[at], rests[at + 1]];
    if (!rest || !behind?.group || rest.group || behind.group.start < behind.to) continue;
    const gap = prose.slice(rest.to + 1, Math.max(rest.to + 1, behind.from - 1));
    if (gap.length < 20 && /^[\s,;]*(?:and|or|und|oder|et|ou|y|o|e)?[\s,;]*$/i.test(gap))
      rest.group = behind.group;
  }
}

function addQuote(
  { quotes }: CitationGroup,
  text: string,
  from: number,
  to: number,
  isLone = false,
): void {
  const raw = text.slice(from, to);
  const words = raw.trim();
  if (isBare(words)) return;
  const start = from + raw.length - raw.trimStart().length;
  quotes.push({
    start,
    end: start + words.length,
    pieces: [words],
    isMarked: true,
    isTerm: isLone,
  });
}

const beginsClause =
  /^["”’»“«」』)*_]*\s*(?:[,;]|(?:and|but|while|whereas|und|aber|et|mais|y|pero)\b)/i;

/** The number behind the quotation, or the one before it: whichever stands closer to it. */
function chooseGroup(
  prose: string,
  { from: start, to: end, isDoubtful }: Rest,
  before: CitationGroup | undefined,
  after: CitationGroup | undefined,
  taken: ReadonlySet<CitationGroup>,
): CitationGroup | undefined {
  const gapAfter = after ? gapOf(prose, end, after.start) : undefined;
  const gapBefore = before ? gapOf(prose, before.end, start) : undefined;
  const isFree = before !== undefined && !taken.has(before);
  const isCloseBefore =
    gapBefore !== undefined && isBare(gapBefore) && !/[.!?,;。！？，]/.test(gapBefore);
  // `[1]: "this"`, `[1] "this", [2] "that"`
  const isLed = isCloseBefore && /[:—–-]/.test(gapBefore);
  if (isCloseBefore && isFree && (isLed || /[.,;]/.test(gapAfter ?? ""))) return before;
  if (gapAfter !== undefined && isBare(gapAfter)) return after;
  if (isCloseBefore && isFree) return before;
  if (isDoubtful || readWords(prose.slice(start, Math.min(end, start + 400))).length < leastLoose)
    return undefined;
  const mayAfter = gapAfter !== undefined && !endsSentence.test(gapAfter);
  const mayBefore = gapBefore !== undefined && !endsSentence.test(gapBefore) && isFree;
  if (mayAfter && mayBefore) return beginsClause.test(gapAfter) ? before : after;
  if (mayAfter) return after;
  return mayBefore ? before : undefined;
}

/** Undefined where they are too far apart. */
function gapOf(prose: string, from: number, to: number): string | undefined {
  return to - from > longestGap ? undefined : prose.slice(from, Math.max(from, to));
}

/** Each paragraph of a block quote goes to the next number in it; without one, to that beside the block. */
function takeBlockQuote({ text, prose }: Answer, sections: readonly Section[], at: number): void {
  const section = sections[at];
  if (!section) return;
  let from = section.start;
  for (const group of section.groups) {
    const quote = quoteBlock(text, section.block, from, group.start);
    if (quote) group.quotes.push(quote);
    from = group.end;
  }
  if (section.groups.length > 0) return;
  const quote = quoteBlock(text, section.block, section.start, section.end);
  const group = quote && groupBeside(prose, sections, at);
  if (quote && group) group.quotes.push(quote);
}

function groupBeside(prose: string, sections: readonly Section[], at: number) {
  const section = sections[at];
  const [before, after] = [sections[at - 1], sections[at + 1]];
  const first = after?.kind === "text" ? after.groups[0] : undefined;
  if (after && first && first.start - after.start <= 100) {
    const lead = prose.slice(after.start, first.start);
    if (isBare(lead) || /^(?:[—–(-]|Source\b|Quelle\b)/i.test(lead.trim())) return first;
  }
  const last = before?.kind === "text" ? before.groups.at(-1) : undefined;
  if (!section || !before || !last || last.quotes.length > 0) return undefined;
  const rest = gapOf(prose, last.end, before.end);
  const isLed = rest !== undefined && (isBare(rest) || /:\W*$/.test(rest));
  return isLed && !endsSentence.test(rest) ? last : undefined;
}

function quoteBlock(text: string, block: Block, from: number, to: number): AnswerQuote | undefined {
  const pieces = readBlockQuote(text, block, from, to);
  if (pieces.length === 0) return undefined;
  const start = Math.max(from, block.start);
  return { start, end: Math.min(to, block.end), pieces, isMarked: true };
}

/** A number alone in its paragraph stands for the code, table, list or quote right before it. */
function takeShown(
  prose: string,
  sections: readonly Section[],
  at: number,
  taken: Set<Block>,
): void {
  const section = sections[at];
  const [group, ...more] = section?.groups ?? [];
  if (!section || !group || more.length > 0 || group.quotes.length > 0) return;
  if (section.block.kind !== "paragraph" || section.end - section.start > 100) return;
  if (!isBare(prose.slice(section.start, group.start) + prose.slice(group.end, section.end)))
    return;
  const blocks: Block[] = [];
  for (let before = at - 1; before >= 0; before -= 1) {
    const one = sections[before];
    if (!one || one.groups.length > 0) break;
    // A list that a blank line parts from its last words ends in a paragraph.
    if (!isShown(one.block) && before !== at - 1) break;
    if (blocks[0] !== one.block) blocks.unshift(one.block);
  }
  const pieces = blocks.flatMap((block) => readShown(block));
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last || pieces.length === 0) return;
  for (const block of blocks) taken.add(block);
  const isMarked = blocks.some(({ kind }) => kind === "quote");
  group.quotes.push({ start: first.start, end: last.end, pieces, isMarked });
}
