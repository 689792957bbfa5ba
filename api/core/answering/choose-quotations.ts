import type { Passage, SentenceScorer } from "../documents/retriever.ts";
import { joinUnits, type Quotation, type Unit } from "./quotation.ts";
import { withCompany } from "./quotation-company.ts";
import { splitSentences } from "./sentences.ts";
import type { Tenant } from "../tenant.ts";

/**
 * What an answer quotes; relevance and shares from 0 to 1. What makes a passage relevant was chosen on every other
 * question of scripts/eval/questions.jsonl; docs/answers.md has the figures of all of them.
 */
export const quotationRules = {
  /** The least relevance of a passage. */
  leastPassage: 0.15,
  /** How many of the question's words it has to hold, with its headings: one alone is there by chance. */
  leastWords: 1.45,
  /** From here on a passage needs no second word: it is about the one that it has. */
  certainPassage: 0.65,
  /** From here on the documents are said to answer; most of what is less relevant only comes close. */
  surePassage: 0.35,
  /** The least part of the question's weight that a unit has to hold, with its headings. */
  leastMatch: 0.2,
  /** A unit's score as a share of the best one's. */
  leastShare: 0.52,
  mostUnits: 5,
  /** UTF-16 units of all that is quoted; the best unit is quoted whatever its length. */
  mostText: 1600,
  /** Words that two units may share before the second is a repetition. */
  mostOverlap: 0.8,
} as const;

interface Scored {
  readonly unit: Unit;
  readonly score: number;
}

/**
 * The quotations that answer a question best, without repetition, grouped by document in the order
 * of its best one, and in reading order within a document; none when nothing is relevant enough.
 */
export async function chooseQuotations(
  scorer: SentenceScorer,
  tenant: Tenant,
  question: string,
  passages: readonly Passage[],
): Promise<Quotation[]> {
  const relevant = await pickPassages(scorer, tenant, question, passages);
  const units = relevant.flatMap(toUnits);
  if (units.length === 0) return [];
  const scored = await scoreUnits(scorer, tenant, question, units);
  return joinUnits(pickUnits(scored));
}

/** Those that hold enough of the question to be about it. */
async function pickPassages(
  scorer: SentenceScorer,
  tenant: Tenant,
  question: string,
  passages: readonly Passage[],
): Promise<Passage[]> {
  const { leastPassage, leastWords, certainPassage } = quotationRules;
  const likely = passages.filter(({ score }) => score >= leastPassage);
  if (likely.length === 0) return [];
  const texts = likely.map(({ title, heading, text }) => `${title}\n${heading}\n${text}`);
  const [shares, words] = await Promise.all([
    scorer.scoreSentences(tenant, question, texts),
    scorer.countWords(tenant, question),
  ]);
  return likely.filter(
    ({ score }, i) => score >= certainPassage || (shares[i] ?? 0) * words >= leastWords,
  );
}

function toUnits(passage: Passage): Unit[] {
  return splitSentences(passage.text).map((sentence, index, all) => ({
    passage,
    sentence,
    index,
    all,
  }));
}

/**
 * A unit's words under their headings count twice its own alone: a sentence of a section called "Rate
 * limits" needn't say "rate limits" again.
 */
async function scoreUnits(
  scorer: SentenceScorer,
  tenant: Tenant,
  question: string,
  units: readonly Unit[],
): Promise<Scored[]> {
  const own = units.map(({ sentence: { header, text } }) =>
    header ? `${header.text}\n${text}` : text,
  );
  const placed = units.map(
    ({ passage: { title, heading } }, i) => `${title}\n${heading}\n${own[i]}`,
  );
  const scores = await scorer.scoreSentences(tenant, question, [...own, ...placed]);
  return units.flatMap((unit, i) => {
    const inPlace = scores[units.length + i] ?? 0;
    const score = (unit.passage.score * ((scores[i] ?? 0) + 2 * inPlace)) / 3;
    return inPlace < quotationRules.leastMatch ? [] : [{ unit, score }];
  });
}

/** The best units, each with what it can't do without. */
function pickUnits(scored: readonly Scored[]): Unit[] {
  const { leastShare, mostUnits, mostText, mostOverlap } = quotationRules;
  // The sort is stable: of equal ones the better passage, then the earlier unit comes first.
  const best = scored.toSorted((a, b) => b.score - a.score);
  const least = (best[0]?.score ?? 0) * leastShare;
  const picked: Unit[] = [];
  const said: ReadonlySet<string>[] = [];
  let count = 0;
  let length = 0;
  for (const { unit, score } of best) {
    if (score < least || count === mostUnits) break;
    if (picked.some((other) => isSame(other, unit))) continue;
    const company = withCompany(unit, mostText / 2);
    const words = [unit.sentence.text, company.map(({ sentence }) => sentence.text).join("\n")].map(
      wordsOf,
    );
    if (words.some((one) => said.some((other) => overlapOf(other, one) > mostOverlap))) continue;
    const more = company.filter((one) => !picked.some((other) => isSame(other, one)));
    const moreLength = more.reduce((sum, { sentence }) => sum + sentence.text.length, 0);
    if (count > 0 && length + moreLength > mostText) continue;
    picked.push(...more);
    said.push(...words, ...more.map(({ sentence }) => wordsOf(sentence.text)));
    count++;
    length += moreLength;
  }
  return picked;
}

function isSame(a: Unit, b: Unit): boolean {
  return a.passage === b.passage && a.index === b.index;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

/** The shared words as a part of the smaller set's; of the larger one's where the smaller is hardly a sentence. */
function overlapOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = [Math.min(a.size, b.size), Math.max(a.size, b.size)];
  return large === 0 ? 0 : a.intersection(b).size / (small < 6 ? large : small);
}
