import fc from "fast-check";
import { expect, it } from "vitest";
import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../api/adapters/memory/tenants.ts";
import { cancelTurn } from "../../api/core/cancel-turn.ts";
import { formatCursor, parseCursor } from "../../api/core/cursor.ts";
import type { Message } from "../../api/core/message.ts";
import { readTurn } from "../../api/core/read-turn.ts";
import { recoverTurns } from "../../api/core/recover-turns.ts";
import type { TurnEvent } from "../../api/core/turn-event.ts";
import { createManualClock, settle } from "../support/clock.ts";
import {
  assemble,
  makeCaller,
  openProcess,
  refer,
  testTenant,
  tokens,
  type CoreProcess,
} from "../support/core.ts";
import { createFaultyStore, type Fault, type FaultPlan } from "../support/faulty-store.ts";
import { createManualAnswerer, type ManualAnswer } from "../support/manual-answerer.ts";

const questions = ["First", "Second", "Third"];
const noFaults: FaultPlan = { startAttempt: [], checkpoint: [], finishTurn: [], listHistory: [] };

type Step =
  | { do: "say"; to: number; text: string }
  | { do: "finish" | "fail"; to: number }
  | { do: "wait"; ms: number }
  | { do: "cancel"; turn: number; at: number }
  | { do: "read"; turn: number; at: number }
  | { do: "hop"; reader: number; at: number }
  | { do: "take over" }
  | { do: "shut down" };

const small = fc.nat(5);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("\ud83d", "\ude00", "\0", "x".repeat(5000)),
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ to: small, text }).map((fields): Step => ({ do: "say", ...fields })),
  },
  { weight: 3, arbitrary: small.map((to): Step => ({ do: "finish", to })) },
  { weight: 1, arbitrary: small.map((to): Step => ({ do: "fail", to })) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(0, 25, 100, 1000).map((ms): Step => ({ do: "wait", ms })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ turn: small, at: small })
      .map((fields): Step => ({ do: "cancel", ...fields })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ turn: small, at: small })
      .map((fields): Step => ({ do: "read", ...fields })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ reader: small, at: small })
      .map((fields): Step => ({ do: "hop", ...fields })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "take over" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "shut down" }) },
);
const faults = (...odd: Fault[]) =>
  fc.array(fc.constantFrom<Fault>("none", "none", "away", "reply lost", ...odd), { maxLength: 6 });
// An ending that is refused twice for what it says has nothing left to be replaced by: one odd fault at most.
const endFaults = fc
  .tuple(faults(), fc.boolean(), faults())
  .map(([a, isOdd, b]): Fault[] => [...a, ...(isOdd ? ["odd" as const] : []), ...b]);
const faultPlan: fc.Arbitrary<FaultPlan> = fc.record({
  startAttempt: faults("odd"),
  checkpoint: faults("odd"),
  finishTurn: endFaults,
  listHistory: faults("odd"),
});

/** A reader that goes from process to process, with nothing but the last cursor it saw. */
function createTraveller(answer: Message) {
  const seen: TurnEvent[] = [];
  let leave = (): void => undefined;
  let done: Promise<void> = Promise.resolve();
  return {
    answer,
    seen,
    isDone: () => seen.at(-1)?.type === "end",
    async enter({ reader }: CoreProcess): Promise<void> {
      leave();
      await done;
      const controller = new AbortController();
      leave = () => controller.abort();
      const last = seen.at(-1)?.cursor;
      const after = last && parseCursor(formatCursor(last));
      done = (async () => {
        for await (const event of readTurn(
          reader,
          testTenant,
          refer(answer),
          after,
          controller.signal,
        ))
          seen.push(event);
      })();
      done.catch(() => "The test awaits it");
    },
    finished: () => done,
  };
}

async function openWorld(plans: readonly FaultPlan[]) {
  const clock = createManualClock();
  const memory = createMemoryStore();
  const endings: string[] = [];
  const counted = {
    ...memory,
    async finishTurn(...args: Parameters<typeof memory.finishTurn>) {
      const isStored = await memory.finishTurn(...args);
      if (isStored) endings.push(args[1]);
      return isStored;
    },
  };
  const answerer = createManualAnswerer();
  const processes: (CoreProcess & { name: string })[] = [];
  const start = (): CoreProcess => {
    const name = `process-${processes.length + 1}`;
    const store = createFaultyStore(counted, plans[processes.length] ?? noFaults);
    const process = { ...openProcess({ answerer, store, clock, owner: name }), name };
    processes.push(process);
    return process;
  };
  const first = start();
  const newest = () => processes.at(-1) ?? first;
  const recover = async (): Promise<void> => {
    const {
      runner,
      logger,
      start: deps,
      name,
    } = { ...newest(), name: `process-${processes.length}` };
    const tenants = createMemoryTenants([testTenant]);
    await recoverTurns({ tenants, turns: deps.turns, runner, tokens, clock, logger, owner: name });
  };
  const answers: Message[] = [];
  for (const content of questions) {
    const chatId = answers[0]?.chatId;
    const { answer } = await first.ask(chatId === undefined ? content : { chatId, content });
    answers.push(answer);
  }
  const find = async ({ id }: Message) => {
    const message = await memory.findMessage(testTenant, id);
    if (!message) throw new Error("A message is gone");
    return message;
  };
  return { clock, memory, answerer, processes, start, recover, answers, find, endings, newest };
}

it("every turn ends once and alike for all, whatever fails and whoever shuts down, takes over or leaves", async () => {
  let attempts = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.array(faultPlan, { maxLength: 3 }),
      async (steps, plans) => {
        const world = await openWorld(plans);
        const { clock, answerer, processes, answers, find, endings } = world;
        const said = new Map<ManualAnswer, string>();
        const over = new Set<ManualAnswer>();
        const travellers: ReturnType<typeof createTraveller>[] = answers.map(createTraveller);
        for (const traveller of travellers) await traveller.enter(world.newest());
        const closing: Promise<void>[] = [];
        const pick = <T>(list: readonly T[], at: number): T | undefined =>
          list[at % Math.max(1, list.length)];

        for (const one of steps) {
          const at = "at" in one ? (pick(processes, one.at) ?? world.newest()) : world.newest();
          if (one.do === "say") {
            const given = pick(answerer.asked, one.to);
            given?.say(one.text);
            if (given && !over.has(given)) said.set(given, (said.get(given) ?? "") + one.text);
          } else if (one.do === "finish" || one.do === "fail") {
            const given = pick(answerer.asked, one.to);
            if (one.do === "finish") given?.finish();
            else given?.fail(new Error("The model failed"));
            if (given) over.add(given);
          } else if (one.do === "wait") clock.advance(one.ms);
          else if (one.do === "cancel") {
            const answer = pick(answers, one.turn);
            if (answer) await cancelTurn(at.start, makeCaller(), answer.id);
          } else if (one.do === "read") {
            const answer = pick(answers, one.turn);
            const traveller = answer && createTraveller(answer);
            await traveller?.enter(at);
            if (traveller) travellers.push(traveller);
          } else if (one.do === "hop") {
            const traveller = pick(travellers, one.reader);
            if (traveller && !traveller.isDone()) await traveller.enter(at);
          } else {
            if (one.do === "shut down") closing.push(world.newest().runner.close(0));
            clock.advance(0);
            world.start();
            await world.recover();
          }
          await settle();
        }

        // In the end a process comes that nothing fails for, and every model comes to its end.
        while (processes.length <= plans.length) world.start();
        world.start();
        await world.recover();
        const isOver = async () =>
          (await Promise.all(answers.map(find))).every(({ ending }) => ending !== null);
        const isAllOver = async () =>
          (await isOver()) &&
          travellers.every((traveller) => traveller.isDone()) &&
          processes.every(({ log }) => log.size === 0);
        for (let count = 0; count < 400 && !(await isAllOver()); count += 1) {
          for (const given of answerer.asked) given.finish();
          await settle();
          clock.next();
          await settle();
        }
        await Promise.all([...travellers.map((traveller) => traveller.finished()), ...closing]);

        expect(endings.toSorted()).toEqual(answers.map(({ id }) => id).toSorted());
        for (const traveller of travellers) {
          const stored = await find(traveller.answer);
          expect(assemble(traveller.seen)).toBe(stored.content);
          expect(traveller.seen.at(-1)).toMatchObject({
            ending: stored.ending,
            cursor: { attempt: stored.attempt },
          });
        }
        const texts = answerer.asked.map((given) =>
          (said.get(given) ?? "").replaceAll("\0", "").toWellFormed(),
        );
        for (const answer of answers) {
          const { content, ending, attempt } = await find(answer);
          attempts += attempt;
          expect(content.isWellFormed() && !content.includes("\0")).toBe(true);
          if (ending?.type === "complete" && ending.finishReason === "stop")
            expect(texts).toContain(content);
          else
            expect(
              ["", ...texts].some((whole) =>
                whole.toWellFormed().startsWith(content.replace(/\ufffd$/, "")),
              ),
            ).toBe(true);
        }
        const reported = processes.flatMap(({ ended }) => ended.map(({ job }) => job.answer.id));
        expect(new Set(reported).size).toBe(reported.length);
        for (const { log } of processes) expect(log.size).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
  // The plans do take turns over: else this would show nothing of attempts.
  expect(attempts).toBeGreaterThan(300 * questions.length);
});
