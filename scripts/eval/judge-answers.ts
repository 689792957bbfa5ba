import { averageMeasures, measureRanking, percentile, recallAt } from "./measures.ts";
import type { JudgedQuestion, RelevantPlace } from "./questions.ts";

/** Where something stands that was found or cited. */
export interface Place {
  readonly source: string;
  /** The headings above it, outermost first, with ` › ` between. */
  readonly heading: string;
}

/** What became of a question; times in milliseconds. */
export interface Outcome {
  readonly question: JudgedQuestion;
  /** What the search by words found, best first. */
  readonly found: readonly Place[];
  /** What the answer cites; undefined where the turn ended in an error. */
  readonly cited: readonly Place[] | undefined;
  /** For each citation of the answer, whether it was verified. */
  readonly verified: readonly boolean[];
  readonly searchMs: number;
  readonly answerMs: number;
}

/** The places of the questions' answers that are asked for at each k. */
const depths = [1, 6, 10] as const;

/** The figures of all outcomes, as lines to print. */
export function judgeAnswers(outcomes: readonly Outcome[]): string[] {
  const ended = outcomes.filter(({ cited }) => cited !== undefined);
  const answerable = ended.filter(({ question }) => question.answerable);
  const others = ended.filter(({ question }) => !question.answerable);
  const answered = answerable.filter(isAnswered);
  const rankings = outcomes.filter(({ question }) => question.answerable).map(rankPlaces);
  const ndcg = averageMeasures(
    rankings.map(({ ranked, relevant }) => measureRanking(ranked, relevant)),
  ).ndcg;
  const recalls = depths.map((k) => {
    const all = rankings.map(({ ranked, relevant }) => recallAt(k, ranked, relevant));
    return `recall@${k} ${mean(all).toFixed(4)}`;
  });
  const marks = ended.flatMap(({ verified }) => verified);
  const times = (read: (one: Outcome) => number, of: readonly Outcome[]) =>
    [50, 95].map((p) => `p${p} ${percentile(of.map(read), p).toFixed(0)} ms`).join(", ");
  return [
    line("questions", `${rankings.length} answerable, ${outcomes.length - rankings.length} not`),
    ...(rankings.length > 0
      ? [line("search by words", [`nDCG@10 ${ndcg.toFixed(4)}`, ...recalls].join(", "))]
      : []),
    line("answerable: answered", share(answered.length, answerable.length)),
    line("  citing a right place", share(answerable.filter(isRight).length, answerable.length)),
    line(
      "not answerable: said so",
      share(others.filter((one) => !isAnswered(one)).length, others.length),
    ),
    line("verified citations", share(marks.filter((is) => is).length, marks.length)),
    line(
      "time of a search",
      times(({ searchMs }) => searchMs, outcomes),
    ),
    line(
      "time to the whole answer",
      times(({ answerMs }) => answerMs, ended),
    ),
    ...(ended.length < outcomes.length
      ? [line("ended in an error", share(outcomes.length - ended.length, outcomes.length))]
      : []),
  ];
}

/** An answer without a source is one that says that the documents don't answer. */
export function isAnswered({ cited = [] }: Outcome): boolean {
  return cited.length > 0;
}

/** Whether an answer cites one of the places that answer the question. */
export function isRight({ question, cited = [] }: Outcome): boolean {
  return cited.some((place) => question.relevant.some((one) => isAt(place, one)));
}

/** The first that is found of each relevant place counts, by the number of that place; of the rest nothing does. */
function rankPlaces({ question, found }: Outcome) {
  const relevant = question.relevant.map((_, i) => String(i));
  const left = new Set(relevant);
  const ranked = found.map((place, rank) => {
    const hit = question.relevant.findIndex((one, i) => left.has(String(i)) && isAt(place, one));
    left.delete(String(hit));
    return hit === -1 ? `other ${rank}` : String(hit);
  });
  return { ranked, relevant: new Set(relevant) };
}

function isAt(place: Place, { source, heading }: RelevantPlace): boolean {
  if (place.source !== source) return false;
  return heading === undefined || place.heading.split(" › ").includes(heading);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function share(part: number, all: number): string {
  return all === 0 ? "none" : `${part} of ${all} (${((100 * part) / all).toFixed(1)} %)`;
}

function line(name: string, value: string): string {
  return `${name.padEnd(26)}${value}`;
}
