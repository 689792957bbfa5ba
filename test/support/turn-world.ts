import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../api/adapters/memory/tenants.ts";
import { cancelTurn } from "../../api/core/turns/cancel-turn.ts";
import { createMemoryTurnStreams } from "../../api/adapters/memory/turn-streams.ts";
import type { Message } from "../../api/core/message.ts";
import { recoverTenant } from "../../api/core/turns/recover-turns.ts";
import { createManualClock, settle, passUntil } from "./clock.ts";
import { makeCaller, openProcess, testTenant, tokens, type CoreProcess } from "./core.ts";
import { createFaultyStore, noFaults, type FaultPlan } from "./faulty-store.ts";
import { createFaultyStreams, noStreamFaults, type StreamFaults } from "./faulty-streams.ts";
import { createManualAnswerer, type ManualAnswer } from "./manual-answerer.ts";
import { createTraveller, type Traveller } from "./traveller.ts";

/** What may happen to turns. Numbers name a process, a turn, an answer or a reader, modulo how many there are. */
export type WorldStep =
  | { do: "say"; answer: number; text: string }
  | { do: "finish" | "fail"; answer: number }
  | { do: "wait"; ms: number }
  | { do: "cancel" | "read"; turn: number; process: number }
  | { do: "hop"; reader: number; process: number }
  | { do: "take over" | "shut down" | "lose streams" };

export const questions: readonly string[] = ["First", "Second", "Third"];

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % Math.max(1, list.length)];
}

/** What goes wrong for one process; without `streams` it can be read by others in the store alone. */
export interface ProcessFaults {
  readonly store: FaultPlan;
  readonly streams: StreamFaults | undefined;
}

/**
 * Three turns of one chat, the processes that run them one after another or at once over one store,
 * and those who read them. @param plans what goes wrong, for each process.
 */
export async function openWorld(plans: readonly ProcessFaults[]) {
  const clock = createManualClock();
  const streams = createMemoryTurnStreams(clock);
  const answerer = createManualAnswerer();
  const { store, endings } = createCountingStore();
  const processes: CoreProcess[] = [];
  const travellers: Traveller[] = [];
  const closing: Promise<void>[] = [];
  const said = new Map<ManualAnswer, string>();
  const over = new Set<ManualAnswer>();

  function startProcess(): CoreProcess {
    const plan = plans[processes.length] ?? { store: noFaults, streams: noStreamFaults };
    const process = openProcess({
      answerer,
      store: createFaultyStore(store, plan.store),
      streams: plan.streams && createFaultyStreams(streams, plan.streams),
      clock,
      owner: `process-${processes.length + 1}`,
    });
    processes.push(process);
    return process;
  }

  async function takeOver(): Promise<void> {
    const { runner, logger, start, log } = startProcess();
    const parts = {
      tenants: createMemoryTenants([testTenant]),
      turns: start.turns,
      // All others are taken for dead, whether or not they are.
      leases: { listProcesses: async () => [await start.lease.ownTurnsOf(testTenant.id)] },
      lease: start.lease,
      log,
      runner,
      tokens,
      clock,
      logger,
      stopping: new AbortController().signal,
    };
    // What fails is tried again, as it is by createRecoveries.
    const recoverAll = async (): Promise<void> => {
      for (let tries = 0; tries < 20; tries += 1) {
        try {
          return await recoverTenant(parts, testTenant.id);
        } catch (error) {
          if (tries === 19) throw error;
        }
      }
    };
    const recovered = recoverAll();
    // Its retries wait for the clock, which nobody else moves meanwhile.
    await passUntil(clock, recovered);
  }

  async function arrive(answer: Message, process: CoreProcess): Promise<void> {
    const traveller = createTraveller(answer);
    travellers.push(traveller);
    await traveller.enter(process.reader);
  }

  function give(given: ManualAnswer, step: Extract<WorldStep, { answer: number }>): void {
    if (step.do === "say") given.say(step.text);
    if (step.do === "say" && !over.has(given)) said.set(given, (said.get(given) ?? "") + step.text);
    if (step.do === "finish") given.finish();
    if (step.do === "fail") given.fail(new Error("The model failed"));
    if (step.do !== "say") over.add(given);
  }

  const first = startProcess();
  const answers: Message[] = [];
  for (const content of questions) {
    const chatId = answers[0]?.chatId;
    answers.push((await first.ask({ chatId, content })).answer);
  }
  for (const answer of answers) await arrive(answer, first);

  async function act(step: WorldStep): Promise<void> {
    const process = ("process" in step && pick(processes, step.process)) || first;
    const answer = "turn" in step ? pick(answers, step.turn) : undefined;
    if ("answer" in step) {
      const given = pick(answerer.asked, step.answer);
      if (given) give(given, step);
    } else if (step.do === "wait") clock.advance(step.ms);
    else if (step.do === "cancel" && answer)
      await cancelTurn(process.start, makeCaller(), answer.id);
    else if (step.do === "read" && answer) await arrive(answer, process);
    else if (step.do === "hop") await hop(step.reader, process);
    else if (step.do === "lose streams") streams.clear();
    else {
      if (step.do === "shut down")
        closing.push(...processes.slice(-1).map(({ runner }) => runner.close(0)));
      clock.advance(0);
      await takeOver();
    }
    await settle();
  }

  async function hop(reader: number, process: CoreProcess): Promise<void> {
    const traveller = pick(travellers, reader);
    if (traveller && !traveller.isDone()) await traveller.enter(process.reader);
  }

  const find = async ({ id }: Message): Promise<Message> => {
    const message = await store.findMessage(testTenant, id);
    if (!message) throw new Error("A message is gone");
    return message;
  };

  async function isOver(): Promise<boolean> {
    const messages = await Promise.all(answers.map(find));
    const isRead = travellers.every((traveller) => traveller.isDone());
    return (
      messages.every(({ ending }) => ending) &&
      isRead &&
      processes.every(({ log }) => log.size === 0)
    );
  }

  return {
    answers,
    processes,
    travellers,
    act,
    find,
    /** The message of each ending that was stored. */
    endings,
    /** What each answer said before it was over, as it can be stored. */
    texts: () =>
      answerer.asked.map((given) => (said.get(given) ?? "").replaceAll("\0", "").toWellFormed()),
    /** A process comes that nothing fails for, and every answer to its end. */
    async finish(): Promise<void> {
      while (processes.length <= plans.length) startProcess();
      await takeOver();
      for (let count = 0; count < 5000 && !(await isOver()); count += 1) {
        for (const given of answerer.asked) given.finish();
        await settle();
        clock.next();
        await settle();
      }
      if (!(await isOver())) throw new Error("A turn doesn't end");
      await Promise.all([...travellers.map((traveller) => traveller.finished()), ...closing]);
    },
  };
}

/** The store that all processes share, and the message of each ending that it took. */
function createCountingStore() {
  const store = createMemoryStore();
  const endings: string[] = [];
  const finishTurn: typeof store.finishTurn = async (tenant, messageId, attempt, finish) => {
    const isStored = await store.finishTurn(tenant, messageId, attempt, finish);
    if (isStored) endings.push(messageId);
    return isStored;
  };
  return { store: { ...store, finishTurn }, endings };
}
