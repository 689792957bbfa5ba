import type { Asker } from "../credential.ts";
import type { Exchange } from "../doors/answer.ts";
import type { Things } from "../filling/id-kinds.ts";
import { holderOf, isOfTenant, type Marks } from "../marks.ts";
import { describeAsker, type Tally } from "../tally.ts";
import { findDifference, normalize } from "./compare.ts";
import type { Expectation } from "./outsiders.ts";

/** What is held against an answer. */
export interface Judge {
  readonly marks: Marks;
  readonly tally: Tally;
  readonly victimId: string;
}

export interface Judged {
  readonly asker: Asker;
  readonly expectation: Exclude<Expectation, "entitled">;
  /** The answer about the victim's things. */
  readonly real: Exchange;
  /** That about things that aren't there; undefined where nothing was named. */
  readonly twin: Exchange | undefined;
  readonly things: Things;
  readonly twins: Things;
}

/** Notes what is wrong with an outsider's answer. @param what the operation and how it was filled. */
export function judge({ marks, tally, victimId }: Judge, what: string, judged: Judged): void {
  const { asker, expectation, real, twin } = judged;
  const who = describeAsker(asker, victimId);
  const found = (kind: Parameters<Tally["find"]>[0]["kind"], text: string) =>
    tally.find({ kind, what, who, text });
  for (const { answer, sent } of twin ? [real, twin] : [real]) {
    const leaks = marks.find(answer.text, sent, asker);
    if (leaks.length > 0) found("leak", `${leaks.join(", ")} in ${shorten(answer.text)}`);
    if (answer.outcome === "broken") found("failure", `${answer.code}: ${shorten(answer.text)}`);
  }
  if (expectation === "refused" && real.answer.outcome === "done")
    found("allowed", `${real.answer.code}: ${shorten(real.answer.text)}`);
  const isComparable = twin && !isLimited(real) && !isLimited(twin);
  const difference = isComparable
    ? findDifference(normalize(real.answer, judged.things), normalize(twin.answer, judged.twins))
    : undefined;
  if (difference !== undefined) found("difference", difference);
  if (expectation !== "own") return;
  // What they may have stored as a label comes back to them.
  for (const { "visitor label": label = "" } of [judged.things, judged.twins])
    marks.learn(label, holderOf(asker));
  if (isOfTenant(asker, victimId)) marks.learn(real.answer.text, holderOf(asker));
}

export function isLimited({ answer }: Exchange): boolean {
  return answer.outcome === "limited";
}

export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 400 ? line : `${line.slice(0, 400)}…`;
}
