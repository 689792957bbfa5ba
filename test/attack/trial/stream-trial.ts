import type { Asker } from "../credential.ts";
import type { Exchange, Reading } from "../doors/answer.ts";
import type { Things } from "../filling/id-kinds.ts";
import { ask, waitForAnswer } from "../scene/chats.ts";
import type { Case } from "../tally.ts";
import { isLimited, judge } from "./judge.ts";
import { listAskers, type Expectation } from "./outsiders.ts";
import { askerOf, ownThings, type Stage, type Trial } from "./stage.ts";
import { fill, makeTwins, victimKinds } from "./values.ts";

/** How long whoever was not refused may still be given something when the owner has the whole answer. */
const graceMs = 300;

interface Open {
  readonly asker: Asker;
  readonly expectation: Exclude<Expectation, "entitled">;
  readonly real: Reading;
  readonly twin: Reading | undefined;
}

/**
 * Lets all who have no business there read a chat of the victim's, while its owner asks in it and reads the answer to
 * its end. Their cases count when the owner has read it; who isn't refused must have got nothing.
 */
export async function runStreamTrial(stage: Stage, trial: Trial): Promise<void> {
  const { sides, preparer, supply, marks, tally } = stage;
  const { operation, variant, door } = trial;
  if (variant.chat === undefined) return runDocumentTrial(stage, trial);
  const what = `${operation.name} [${variant.name}] at ${door.name}`;
  const { things: made, owner } = await supply.chat(variant.chat);
  const chat = made.chat ?? "";
  const first = await ask(preparer, owner, chat);
  const things: Things = {
    ...made,
    answer: first.answer,
    question: first.question,
    place: `${first.answer}/1-0`,
  };
  marks.learn(first.text, owner.name);

  const twins = makeTwins(things);
  const opened: Open[] = [];
  let reading: Reading | undefined;
  try {
    for (const one of listAskers(sides, variant, door, stage.extent, stage.newTurn())) {
      const open = await openBoth(stage, trial, things, twins, one);
      if (open) opened.push(open);
    }
    const request = fill(operation, variant, things, things, stage.newTexts());
    if (!request) return;
    reading = await door.read(askerOf(door, owner, sides.victim.id), request);
    const second = await ask(preparer, owner, chat);
    marks.learn((await waitForAnswer(preparer, owner, chat, second)).text, owner.name);
    const isDone = await hasRead(reading, endOf(second.answer));
    const cases = await closeAll(stage, what, opened.splice(0), things, twins);
    tally.add(operation.name, door.name, cases, isDone);
  } finally {
    await reading?.close();
    for (const { real, twin } of opened) await Promise.all([real.close(), twin?.close()]);
  }
}

/** The same of a document of the victim's, which its admin follows. */
async function runDocumentTrial(stage: Stage, trial: Trial): Promise<void> {
  const { sides, supply, tally } = stage;
  const { operation, variant, door } = trial;
  const what = `${operation.name} [${variant.name}] at ${door.name}`;
  const things = supply.standing(undefined);
  const twins = makeTwins(things);
  const opened: Open[] = [];
  let reading: Reading | undefined;
  try {
    for (const one of listAskers(sides, variant, door, stage.extent, stage.newTurn())) {
      const open = await openBoth(stage, trial, things, twins, one);
      if (open) opened.push(open);
    }
    const request = fill(operation, variant, things, things, stage.newTexts());
    if (!request) return;
    reading = await door.read(askerOf(door, sides.victim.people.admin, sides.victim.id), request);
    const isDone = await hasRead(reading, /document_updated|"documentUpdated":\{/);
    const cases = await closeAll(stage, what, opened.splice(0), things, twins);
    tally.add(operation.name, door.name, cases, isDone);
  } finally {
    await reading?.close();
    for (const { real, twin } of opened) await Promise.all([real.close(), twin?.close()]);
  }
}

async function openBoth(
  stage: Stage,
  { operation, variant, door }: Trial,
  things: Things,
  twins: Things,
  { asker, expectation }: Pick<Open, "asker" | "expectation">,
): Promise<Open | undefined> {
  const own = ownThings(stage.sides, asker);
  const texts = stage.newTexts();
  const real = fill(operation, variant, things, own, texts);
  const twin = fill(operation, variant, twins, own, texts);
  if (!real || !twin) return undefined;
  return {
    asker,
    expectation,
    real: await door.read(asker, real),
    twin: victimKinds(variant).length > 0 ? await door.read(asker, twin) : undefined,
  };
}

/** What tells that an answer has ended: its last event, or, to who follows the chat, how the answer stands then. */
function endOf(answer: string): RegExp {
  const stands = `"id":"${answer}"[^\\n]*"status":"complete"`;
  return new RegExp(`response_complete|"ResponseComplete"|${stands}`, "i");
}

/** Whether the owner was given what is said there. */
async function hasRead(reading: Reading, said: RegExp): Promise<boolean> {
  try {
    await reading.until((text) => said.test(text));
    return true;
  } catch {
    // It was refused, or nothing came: then the cases don't count.
    return false;
  }
}

async function closeAll(
  { sides, marks, tally }: Stage,
  what: string,
  opened: readonly Open[],
  things: Things,
  twins: Things,
): Promise<Case[]> {
  const all = opened.flatMap(({ real, twin }) => (twin ? [real.ended, twin.ended] : [real.ended]));
  await Promise.race([
    Promise.all(all),
    new Promise((resolve) => {
      setTimeout(resolve, graceMs);
    }),
  ]);
  const cases: Case[] = [];
  for (const { asker, expectation, real, twin } of opened) {
    const exchange: Exchange = await real.close();
    const judged = { asker, expectation, real: exchange, twin: await twin?.close() };
    judge({ marks, tally, victimId: sides.victim.id }, what, { ...judged, things, twins });
    cases.push({ asker, isLimited: isLimited(exchange) });
  }
  return cases;
}
