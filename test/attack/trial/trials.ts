import type { Operation } from "../surface/operation.ts";
import { chatKinds } from "../scene/chats.ts";
import { explain, PrepareError } from "../scene/preparer.ts";
import { runStreamTrial } from "./stream-trial.ts";
import { doorsOf, type Stage, type Trial } from "./stage.ts";
import { runTrial } from "./trial.ts";
import { planVariants, type Variant } from "./variants.ts";

/**
 * Every operation in every way at every door. Under `link` those alone that are about chats: nothing else hangs on it.
 * An operation that can't be filled is a finding.
 */
export function listTrials(stage: Stage, operations: readonly Operation[]): Trial[] {
  const isLink = stage.sides.access === "link";
  return operations.flatMap((operation, index) => {
    for (const door of doorsOf(stage, operation)) stage.tally.expect(operation.name, door.name);
    const plan = planVariants(operation);
    if ("unknown" in plan) {
      if (!isLink) refuse(stage, operation, plan.unknown);
      return [];
    }
    const about = plan.variants.filter(({ chat }) => !isLink || chat !== undefined);
    const variants = stage.isQuick ? pickFew(about, index) : about;
    return variants.flatMap((variant) =>
      doorsOf(stage, operation).map((door) => ({ operation, variant, door })),
    );
  });
}

/** The plain ways alone, with a chat of one kind: another one for the next operation. */
function pickFew(variants: readonly Variant[], index: number): Variant[] {
  const kind = chatKinds[index % chatKinds.length];
  return variants.filter(({ isPlain, chat }) => isPlain && (chat === undefined || chat === kind));
}

function refuse({ tally }: Stage, { name }: Operation, unknown: readonly string[]): void {
  const text = `Nobody has said in test/attack/filling/filling.ts what ${unknown.join(", ")} means`;
  tally.find({ kind: "uncovered", what: name, who: "this suite", text });
}

/** A trial whose preparation fails has no cases; that is seen where none of its operation counts. */
export async function runOne(stage: Stage, trial: Trial): Promise<void> {
  try {
    await (trial.operation.kind === "stream" ? runStreamTrial : runTrial)(stage, trial);
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    const { operation, variant, door } = trial;
    const what = `${operation.name} [${variant.name}] at ${door.name}`;
    stage.tally.find({ kind: "failure", what, who: "the owner", text: explain(error) });
  }
}
