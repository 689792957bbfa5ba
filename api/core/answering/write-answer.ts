import { quotationRules } from "./choose-quotations.ts";
import { closesFence, readFence, splitLines } from "./markdown-lines.ts";
import type { Passage } from "../documents/retriever.ts";
import type { Source } from "../message.ts";
import { absenceNote, type ModelAbsence } from "./model-absence.ts";
import type { Quotation } from "./quotation.ts";
import { isRecord, type Sentence } from "./sentences.ts";

/** A stretch of an answer's text; `source` is what its end cites. */
export interface AnswerPart {
  readonly text: string;
  readonly source?: QuotedSource;
}

/** A source before its citation is checked, with the passage that it is from. */
export interface QuotedSource {
  readonly source: Omit<Source, "verified">;
  readonly passage: Passage;
}

const leadIns = {
  sure: "This is what the documents say:",
  unsure: "The documents may not answer this directly. What comes closest:",
};

/**
 * The answer in Markdown. Prose stands in block quotes, on one line however its source is wrapped, but a record field
 * by field;
 * code, tables and lists of several items stand as they are, since renderers that stream can't take
 * them inside a quote. Each quotation ends in the number of its source.
 */
export function writeAnswer(quotations: readonly Quotation[], absence: ModelAbsence): AnswerPart[] {
  const isSure = quotations.some(({ passage }) => passage.score >= quotationRules.surePassage);
  const parts: AnswerPart[] = [{ text: `${isSure ? leadIns.sure : leadIns.unsure}\n\n` }];
  let place = "";
  for (const [i, quotation] of quotations.entries()) {
    const label = labelOf(quotation);
    if (label !== place) parts.push({ text: `**${label}**\n\n` });
    place = label;
    parts.push(writeQuotation(quotation, i + 1), { text: "\n\n" });
  }
  const note = absenceNote(absence, "so this answer quotes the documents word for word");
  return [...parts, { text: note }];
}

/** Where the quotation is from: the document's title and the headings, which often begin with it. */
function labelOf({ passage: { title, heading } }: Quotation): string {
  const isWhole = heading === title || heading.startsWith(`${title} › `);
  return escapeMarkdown(
    isWhole ? heading : [title, heading].filter((part) => part !== "").join(" › "),
  );
}

export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>]/g, "\\$&");
}

function writeQuotation({ passage, sentences }: Quotation, number: number): AnswerPart {
  const segments = toSegments(sentences);
  let text = "";
  let isQuoted = false;
  for (const segment of segments) {
    const { isQuote, markdown } = writeSegment(passage.text, segment);
    if (text !== "") text += isQuoted && isQuote ? "\n>\n" : "\n\n";
    text += markdown;
    isQuoted = isQuote;
  }
  text += isQuoted ? ` [${number}]` : `\n\n[${number}]`;
  return { text, source: toSource({ passage, sentences }, segments, number) };
}

function toSource(
  { passage, sentences }: Quotation,
  segments: readonly Segment[],
  number: number,
): QuotedSource {
  const { documentId, title, url, heading, page, score } = passage;
  const start = segments[0] ? startOf(segments[0]) : 0;
  const excerpt = passage.text.slice(start, endOf(sentences));
  const place = { start: passage.start + start, end: passage.start + start + excerpt.length };
  const about = { number, document_id: documentId, title, url, heading, page };
  return { source: { ...about, excerpt, ...place, score }, passage };
}

/** Sentences that are shown together. */
interface Segment {
  readonly shape: "prose" | "item" | "list" | "code" | "table" | "quote";
  readonly sentences: readonly Sentence[];
}

function toSegments(sentences: readonly Sentence[]): Segment[] {
  const segments: Segment[] = [];
  for (const sentence of sentences) {
    const next: Segment = { shape: shapeOf(sentence), sentences: [sentence] };
    const last = segments.at(-1);
    const shape = last && joinedShape(last, next);
    if (last && shape)
      segments[segments.length - 1] = { shape, sentences: [...last.sentences, sentence] };
    else segments.push(next);
  }
  return segments;
}

function shapeOf({ kind, from, start }: Sentence): Segment["shape"] {
  if (kind === "row") return "table";
  if (kind === "code" || kind === "quote") return kind;
  return from === start ? "prose" : "item";
}

/** What two neighbours of one block are together; undefined when they stay apart. */
function joinedShape(last: Segment, next: Segment): Segment["shape"] | undefined {
  if (last.sentences[0]?.block !== next.sentences[0]?.block) return undefined;
  if (next.shape === "prose")
    return last.shape === "code" || last.shape === "quote" ? undefined : last.shape;
  if (next.shape === "item")
    return last.shape === "item" || last.shape === "list" ? "list" : undefined;
  return next.shape === "table" ? "table" : undefined;
}

function writeSegment(text: string, segment: Segment): { isQuote: boolean; markdown: string } {
  const { shape, sentences } = segment;
  const verbatim = text.slice(startOf(segment), endOf(sentences));
  // Two blanks keep a line apart from the next one.
  if (shape === "prose" && isRecord(verbatim))
    return { isQuote: true, markdown: `> ${verbatim.split(/\r?\n/).join("  \n> ")}` };
  if (shape === "prose" || shape === "item")
    return { isQuote: true, markdown: `> ${verbatim.replace(/\s+/g, " ")}` };
  const first = sentences[0];
  const lines = dedent(verbatim, first?.indent ?? 0);
  if (shape === "quote") return { isQuote: true, markdown: lines.replace(/^/gm, "> ") };
  if (shape === "code") return { isQuote: false, markdown: closeFence(lines) };
  return {
    isQuote: false,
    markdown: first?.header ? `${dedent(first.header.text, first.indent)}\n${lines}` : lines,
  };
}

/** A list begins with its first marker; prose without one. */
function startOf({ shape, sentences }: Segment): number {
  return (shape === "list" ? sentences[0]?.from : sentences[0]?.start) ?? 0;
}

function endOf(sentences: readonly Sentence[]): number {
  const last = sentences.at(-1);
  return last ? last.start + last.text.length : 0;
}

/** Takes the first line's indentation from the lines behind it. */
function dedent(text: string, indent: number): string {
  return indent === 0
    ? text
    : text.replace(new RegExp(`(?<=[\\r\\n])[ \\t]{1,${indent}}`, "g"), "");
}

/** The first piece of long code has no end of its own. */
function closeFence(code: string): string {
  const lines = splitLines(code);
  const fence = lines[0] && readFence(lines[0]);
  const isOpen = fence && !lines.slice(1).some((line) => closesFence(line, fence));
  return isOpen ? `${code}\n${fence.mark.repeat(fence.length)}` : code;
}
