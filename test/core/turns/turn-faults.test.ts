import fc from "fast-check";
import { expect, it } from "vitest";
import { assemble } from "../../support/core.ts";
import type { Fault, FaultPlan } from "../../support/faulty-store.ts";
import { openWorld, questions, type WorldStep } from "../../support/turn-world.ts";

const any = fc.nat(5);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("\ud83d", "\ude00", "\0", "x".repeat(5000)),
);

function steps<Fields>(
  weight: number,
  fields: fc.Arbitrary<Fields>,
  make: (fields: Fields) => WorldStep,
) {
  return { weight, arbitrary: fields.map(make) };
}
const step = fc.oneof(
  steps(8, fc.record({ answer: any, text }), (fields) => ({ do: "say", ...fields })),
  steps(3, any, (answer) => ({ do: "finish", answer })),
  steps(1, any, (answer) => ({ do: "fail", answer })),
  steps(5, fc.constantFrom(0, 25, 100, 1000), (ms) => ({ do: "wait", ms })),
  steps(1, fc.record({ turn: any, process: any }), (fields) => ({ do: "cancel", ...fields })),
  steps(3, fc.record({ turn: any, process: any }), (fields) => ({ do: "read", ...fields })),
  steps(3, fc.record({ reader: any, process: any }), (fields) => ({ do: "hop", ...fields })),
  steps(2, fc.constantFrom("take over", "shut down", "lose streams"), (what) => ({ do: what })),
);

const faults = (...odd: Fault[]) =>
  fc.array(fc.constantFrom<Fault>("none", "none", "away", "reply lost", ...odd), { maxLength: 6 });
// An ending that is refused twice for what it says has nothing left to give way to: one odd fault at most.
const endFaults = fc
  .tuple(faults(), fc.constantFrom<Fault>("none", "odd"), faults())
  .map(([before, odd, after]) => [...before, odd, ...after]);
const faultPlan: fc.Arbitrary<FaultPlan> = fc.record({
  startAttempt: faults("odd"),
  checkpoint: faults("odd"),
  finishTurn: endFaults,
  listHistory: faults("odd"),
});
const streamFaults = fc.record({
  append: faults(),
  replace: faults(),
  read: faults(),
  watch: faults(),
  isDeaf: fc.boolean(),
});
const processFaults = fc.record({
  store: faultPlan,
  streams: fc.option(streamFaults, { nil: undefined, freq: 4 }),
});
const runs = 300;

it("every turn ends once and alike for all, whatever fails or vanishes and whoever shuts down, takes over, reads or leaves", async () => {
  let attempts = 0;
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60 }),
    fc.array(processFaults, { maxLength: 3 }),
    async (plan, plans) => {
      const world = await openWorld(plans);
      for (const one of plan) await world.act(one);
      await world.finish();
      attempts += await checkEndings(world);
      await checkReaders(world);
    },
  );
  await fc.assert(property, { numRuns: runs });
  // The plans do take turns over: else this would show nothing of attempts.
  expect(attempts).toBeGreaterThan(runs * questions.length);
});

type World = Awaited<ReturnType<typeof openWorld>>;

/** One ending each, with a text that was really said. Returns how many attempts there were. */
async function checkEndings({ answers, endings, processes, texts, find }: World): Promise<number> {
  expect(endings.toSorted()).toEqual(answers.map(({ id }) => id).toSorted());
  const reported = processes.flatMap(({ ended }) => ended.map(({ job }) => job.answer.id));
  expect(new Set(reported).size).toBe(reported.length);
  const messages = await Promise.all(answers.map(find));
  for (const { content, ending } of messages) {
    const isWhole = ending?.type === "complete" && ending.finishReason === "stop";
    // A part may end in half a character that never got its other half.
    const beginning = content.replace(/\ufffd$/, "");
    const isSaid = (said: string) => (isWhole ? said === content : said.startsWith(beginning));
    expect(["", ...texts()].some(isSaid)).toBe(true);
    expect(content.isWellFormed() && !content.includes("\0")).toBe(true);
  }
  return messages.reduce((sum, { attempt }) => sum + attempt, 0);
}

/** Each has seen what is stored, whole, and its ending once. */
async function checkReaders({ travellers, find }: World): Promise<void> {
  for (const { answer, seen } of travellers) {
    const { content, ending, attempt } = await find(answer);
    expect(assemble(seen)).toBe(content);
    expect(seen.at(-1)).toMatchObject({ ending, cursor: { attempt } });
  }
}
