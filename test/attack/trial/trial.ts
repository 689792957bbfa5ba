import type { Asker, Credential } from "../credential.ts";
import type { Things } from "../filling/id-kinds.ts";
import { compareLedgers, readLedger, type LedgerScope } from "../scene/ledger.ts";
import { ask, waitForAnswer } from "../scene/chats.ts";
import { isOfTenant } from "../marks.ts";
import type { Case } from "../tally.ts";
import { findCursor } from "./cursors.ts";
import { isLimited, judge } from "./judge.ts";
import { listAskers, listOwners } from "./outsiders.ts";
import { askerOf, ownThings, type Stage, type Trial } from "./stage.ts";
import { fill, makeTwins, victimKinds, type Texts } from "./values.ts";
import type { Variant } from "./variants.ts";

/**
 * Lets all who have no business there ask for the victim's things, and then the owner: their cases count when the
 * owner's same call succeeds. What changes things has a fresh one, which must be as it was until the owner's turn.
 */
export async function runTrial(stage: Stage, trial: Trial): Promise<void> {
  const { tally, ledger } = stage;
  const { operation, variant, door } = trial;
  const what = `${operation.name} [${variant.name}] at ${door.name}`;
  const isChange = operation.kind === "change";
  const texts = stage.newTexts();
  const { things, chat, running } = await prepare(stage, trial, texts);
  const scope: LedgerScope = { access: variant.access, chat };

  // What the owner is shown is known by then, wherever it turns up.
  if (!isChange) await askAsOwner(stage, trial, things, texts);
  const before = isChange ? await readLedger(ledger, scope) : undefined;
  const cases = await askAsOthers(stage, trial, what, things, texts);
  const changes = before ? compareLedgers(before, await readLedger(ledger, scope)) : [];
  if ((await running?.end()) === "cancelled") changes.push("The answer was cancelled");
  for (const text of changes) tally.find({ kind: "changed", what, who: "one of them", text });
  tally.add(operation.name, door.name, cases, await askAsOwner(stage, trial, things, texts));
}

interface Prepared {
  readonly things: Things;
  readonly chat: LedgerScope["chat"];
  readonly running: RunningAnswer | undefined;
}

/** What the trial is about: fresh where it is changed, and an answer that may be under way where that is cancelled. */
async function prepare(stage: Stage, trial: Trial, texts: Texts): Promise<Prepared> {
  const { operation, variant } = trial;
  const { supply, sides } = stage;
  const kinds = [...variant.slots.values()].map(({ kind }) => kind);
  const supplied =
    operation.kind === "change"
      ? await supply.fresh(kinds, variant.chat)
      : supply.standing(variant.chat);
  const owner = variant.chat && sides.victim.chats[variant.chat].owner;
  const isCancel = /cancel/i.test(operation.name);
  const running = owner && isCancel ? await startAnswer(stage, owner, supplied) : undefined;
  const cursor = kinds.includes("cursor") ? await findCursor(stage, trial, supplied, texts) : {};
  const things = { ...supplied, ...cursor, ...running?.things };
  const isRunning = running !== undefined;
  const chat =
    owner && things.chat !== undefined ? { id: things.chat, owner, isRunning } : undefined;
  return { things, chat, running };
}

async function askAsOthers(
  stage: Stage,
  { operation, variant, door }: Trial,
  what: string,
  things: Things,
  texts: Texts,
): Promise<Case[]> {
  const { sides, marks, tally } = stage;
  const twins = makeTwins(things);
  const isNamed = victimKinds(variant).length > 0;
  const cases: Case[] = [];
  for (const { asker, expectation } of listAskers(
    sides,
    variant,
    door,
    stage.extent,
    stage.newTurn(),
  )) {
    const own = ownThings(sides, asker);
    const real = fill(operation, variant, things, own, texts);
    const twin = isNamed ? fill(operation, variant, twins, own, texts) : undefined;
    if (!real) continue;
    const [first, second] = await door.ask(asker, twin ? [real, twin] : [real]);
    if (!first) throw new Error(`${door.name} gave no answer`);
    const isComparable = canCompare(stage, variant, asker);
    judge({ marks, tally, victimId: sides.victim.id }, what, {
      asker,
      expectation,
      real: first,
      twin: isComparable ? second : undefined,
      things,
      twins,
    });
    cases.push({ asker, isLimited: isLimited(first) });
    // GraphQL answers before the answer to a question has ended, the other doors behind it.
    const isUnderWay = operation.door === "graphql" && operation.kind === "change";
    if (isUnderWay && expectation === "own" && own.chat !== undefined)
      await settle(stage, asker.credential, own.chat);
  }
  return cases;
}

/**
 * What is there is told from what isn't where that is no secret: of tenants in public, of one's own, and of a page
 * of one's own list.
 */
function canCompare({ sides }: Stage, variant: Variant, asker: Asker): boolean {
  const kinds = victimKinds(variant);
  const isOwnTenant = kinds.includes("tenant") && isOfTenant(asker, sides.victim.id);
  return variant.access !== "public" && !kinds.includes("cursor") && !isOwnTenant;
}

/** @returns whether one of the owners succeeded. */
async function askAsOwner(
  { sides, preparer, marks }: Stage,
  { operation, variant, door }: Trial,
  things: Things,
  texts: Texts,
): Promise<boolean> {
  const request = fill(operation, variant, things, things, texts);
  if (!request) return false;
  for (const owner of listOwners(sides.victim, preparer.platform, variant)) {
    const tenantId = sides.victim.id;
    const [exchange] = await door.ask(askerOf(door, owner, tenantId), [request]);
    if (exchange?.answer.outcome !== "done") continue;
    if (owner !== preparer.platform && variant.access !== "public")
      marks.learn(exchange.answer.text, owner.name);
    return true;
  }
  return false;
}

interface RunningAnswer {
  readonly things: Things;
  /** Waits for it. @returns its finish reason. */
  readonly end: () => Promise<string>;
}

async function startAnswer(
  { preparer, marks }: Stage,
  owner: Credential,
  { chat = "" }: Things,
): Promise<RunningAnswer> {
  const asked = await ask(preparer, owner, chat);
  marks.learn(asked.text, owner.name);
  return {
    things: { answer: asked.answer, question: asked.question },
    async end() {
      return (await waitForAnswer(preparer, owner, chat, asked)).finishReason;
    },
  };
}

/** Waits until nothing is under way in a chat of an attacker's: its next question would be one too many. */
async function settle(stage: Stage, owner: Credential, chat: string): Promise<void> {
  const asked = await ask(stage.preparer, owner, chat);
  await waitForAnswer(stage.preparer, owner, chat, asked);
}
