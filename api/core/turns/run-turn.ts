import { isOverBudget, type BudgetStore, type TurnBudget } from "../answering/budget.ts";
import type { UnansweredReason } from "../answering/unanswered.ts";
import { toAppError } from "../errors.ts";
import { noUsage, type Ending, type Usage } from "../message.ts";
import { ModelError } from "../answering/model-error.ts";
import { isAway, persist } from "./persist.ts";
import type { Logger } from "../ports.ts";
import type { TokenCounter } from "../answering/answerer.ts";
import type { TurnFinish } from "./turn-store.ts";
import { createTranscript, type Transcript } from "./transcript.ts";
import { createTurnBudget } from "./turn-budget.ts";
import { answerTurn, type TurnDeps, type TurnJob } from "./turn.ts";
import type { TurnWriter } from "./live-turn.ts";
import type { ReaderDeps } from "./read-turn.ts";
import { startInOrder } from "./start-in-order.ts";

export interface RunDeps extends TurnDeps {
  readonly logger: Logger;
  readonly tokens: TokenCounter;
  readonly budgets: BudgetStore;
  /** For the turns that have to end first. */
  readonly reader: ReaderDeps;
}

/** What can end an attempt from outside. */
export interface StopSignals {
  /** The turn ends with what it has, as `cancelled`. */
  readonly cancel: AbortSignal;
  /** The attempt stops without an ending, and the turn is handed over to whichever process takes it. */
  readonly shutdown: AbortSignal;
  /** Another process has the turn: the attempt stops, and touches nothing any more. */
  readonly fence: AbortController;
}

/**
 * Runs one attempt of a turn to its ending: publishes each piece, keeps checkpoints, stores the ending
 * once, and publishes it after that. Returns what was stored; undefined where the attempt has no
 * ending, since the process shuts down or another one has taken the turn over.
 */
export async function runTurn(
  deps: RunDeps,
  job: TurnJob,
  writer: TurnWriter,
  { cancel, shutdown, fence }: StopSignals,
): Promise<TurnFinish | undefined> {
  const transcript = createTranscript(deps, job, writer, () => fence.abort());
  const isOver = () => shutdown.aborted || fence.signal.aborted;
  let finish: TurnFinish | undefined;
  try {
    const stop = AbortSignal.any([cancel, shutdown, fence.signal]);
    const start = async () => {
      const isOurs = await startInOrder(deps, job, stop);
      if (isOurs) writer.start();
      return isOurs;
    };
    const budget = createTurnBudget(deps, job, stop, () => fence.abort());
    const outcome = await produce(deps, job, { transcript, budget, start }, cancel, stop);
    if (!outcome) return undefined;
    if (!isOver()) await transcript.settle();
    if (!isOver()) finish = await storeEnding(deps, job, transcript, outcome, shutdown);
  } catch (error) {
    if (!isOver())
      deps.logger.error(
        { err: error, ...name(job) },
        "The ending of a turn could not be stored: it is tried again later",
      );
  } finally {
    if (finish) writer.end(finish.ending);
    else {
      if (!fence.signal.aborted) await transcript.keep();
      if (shutdown.aborted && !fence.signal.aborted) await handOver(deps, job);
      writer.abandon();
    }
  }
  return finish;
}

async function handOver({ turns, logger }: RunDeps, job: TurnJob): Promise<void> {
  const { tenant, answer } = job;
  await turns.handOver(tenant, answer.id, answer.attempt).catch((error: unknown) => {
    // Then it is taken over as that of a process that died.
    logger.warn({ err: error, ...name(job) }, "A turn could not be handed over");
  });
}

interface Attempt {
  readonly transcript: Transcript;
  readonly budget: TurnBudget;
  /** False where the attempt is no longer ours. */
  readonly start: () => Promise<boolean>;
}

/** How the turn ends, and why its question is kept as unanswered, if it is. */
interface Outcome {
  readonly ending: Ending;
  readonly unanswered?: UnansweredReason | undefined;
}

/**
 * Asks for the answer and publishes it; whatever goes wrong, from the start on, becomes the turn's
 * ending. Undefined when `start` finds that the attempt is no longer ours.
 */
async function produce(
  deps: RunDeps,
  job: TurnJob,
  { transcript, budget, start }: Attempt,
  cancel: AbortSignal,
  stop: AbortSignal,
): Promise<Outcome | undefined> {
  const usage = () => estimateUsage(deps, job.question.content, transcript.text());
  try {
    if (!(await start())) return undefined;
    const parts = answerTurn(deps, job, budget, stop);
    let part = await parts.next();
    while (!part.done) {
      // What comes after the stop was never asked for.
      if (!stop.aborted) transcript.push(part.value);
      part = await parts.next();
    }
    transcript.flush();
    const finishReason = cancel.aborted ? "cancelled" : part.value.finishReason;
    const { sources, citations, degraded = [], model, usage: used, unanswered } = part.value;
    // Of what a model said behind the stop nothing was published.
    const shown = citations.filter(({ end }) => end <= transcript.text().length);
    const facts = { sources, citations: shown, model, degraded, usage: used };
    return {
      ending: { type: "complete", finishReason, ...facts },
      unanswered: cancel.aborted ? undefined : unanswered,
    };
  } catch (error) {
    transcript.flush();
    const known = usageOf(error);
    if (cancel.aborted) {
      const nothing = { sources: [], citations: [], model: "", degraded: [] };
      const used = known ?? usage();
      return {
        ending: { type: "complete", finishReason: "cancelled", usage: used, ...nothing },
      };
    }
    const { code, message } = toAppError(error, "PROCESSING_ERROR");
    if (!stop.aborted) tellFailure(deps, job, error);
    // After a fault of ours nobody knows what the model has cost: then it is what was held back for it.
    const used = known ?? { ...usage(), cost: budget.held };
    return { ending: { type: "error", code, message, usage: used } };
  }
}

/** What an error says itself of what was used; undefined for all others. */
function usageOf(error: unknown): Usage | undefined {
  if (error instanceof ModelError) return error.usage;
  return isOverBudget(error) ? noUsage : undefined;
}

function tellFailure({ logger }: RunDeps, job: TurnJob, error: unknown): void {
  if (isOverBudget(error))
    logger.info(name(job), "The budget of the day has no room for an answer");
  else logger.error({ err: error, ...name(job) }, "A turn failed");
}

/** How often the plain error is tried that the store refuses too: about a quarter of a minute. */
export const mostRefusals = 12;

/**
 * An ending that the store refuses for its content gives way to a plain error: the turn must end. Where the store
 * refuses that as well, as a broken one does, the attempt is given up in the end, and left to be taken over later.
 * @throws what the store refused it with.
 */
async function storeEnding(
  deps: RunDeps,
  job: TurnJob,
  transcript: Transcript,
  { ending, unanswered }: Outcome,
  shutdown: AbortSignal,
): Promise<TurnFinish | undefined> {
  const { tenant, answer, since } = job;
  const timing = { firstChunkMs: transcript.firstChunkMs(), totalMs: deps.clock.now() - since };
  let isUnsure = false;
  const save = async (finish: TurnFinish): Promise<TurnFinish | undefined> => {
    try {
      if (await deps.turns.finishTurn(tenant, answer.id, answer.attempt, finish)) return finish;
      return isUnsure ? await findFinish(deps, job, timing) : undefined;
    } catch (error) {
      isUnsure = true;
      throw error;
    }
  };
  const store = (finish: TurnFinish, isWorthIt?: (error: unknown) => boolean) =>
    persist(deps.clock, shutdown, () => save(finish), isWorthIt);
  const text = transcript.text();
  try {
    return await store({ text, ending, timing, unanswered });
  } catch (error) {
    if (shutdown.aborted) throw error;
    deps.logger.error({ err: error, ...name(job) }, "An ending was refused by the store");
    const { code, message } = toAppError(error, "PROCESSING_ERROR");
    const plain: Ending = { type: "error", code, message, usage: ending.usage };
    let refusals = 0;
    // Being away is no refusal, and is waited for as long as it takes.
    const isWorthIt = (reason: unknown) => isAway(reason) || ++refusals < mostRefusals;
    return store({ text, timing, ending: plain }, isWorthIt);
  }
}

/** What was stored of this attempt by a save whose reply was lost. An attempt has one process, and so one ending. */
async function findFinish(
  { reader }: RunDeps,
  { tenant, answer }: TurnJob,
  timing: TurnFinish["timing"],
): Promise<TurnFinish | undefined> {
  const stored = await reader.chats.findMessage(tenant, answer.id);
  if (stored?.attempt !== answer.attempt || !stored.ending) return undefined;
  return { text: stored.content, ending: stored.ending, timing };
}

/** Counted by us, for a turn that didn't get as far as its provider's own numbers. */
export function estimateUsage(
  { tokens }: Pick<RunDeps, "tokens">,
  question: string,
  text: string,
): Usage {
  const promptTokens = tokens.countTokens(question);
  const completionTokens = tokens.countTokens(text);
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cost: 0,
    estimated: true,
  };
}

function name({ tenant, answer }: TurnJob) {
  return { tenant_id: tenant.id, message_id: answer.id, attempt: answer.attempt };
}
