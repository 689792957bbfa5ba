import fc from "fast-check";
import { expect, it } from "vitest";
import { completed } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { assemble, testTenant } from "../../support/core.ts";
import { openSavedTurn } from "../../support/saved-turn.ts";
import { createTraveller, type Traveller } from "../../support/traveller.ts";

type Step = { publish: string } | { drop: number } | "read" | "next attempt" | "settle";

const pieces = fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: pieces.map((publish): Step => ({ publish })) },
  { weight: 2, arbitrary: fc.nat(9).map((drop): Step => ({ drop })) },
  { weight: 2, arbitrary: fc.constantFrom<Step>("read", "settle") },
  { weight: 1, arbitrary: fc.constant<Step>("next attempt") },
);

/** A turn with its attempts, and those who read it. */
async function openTurn() {
  const saved = await openSavedTurn();
  const { store, answer, log, turn, reader } = saved;
  const travellers: Traveller[] = [];
  let attempt = 1;
  let writer = log.open(turn, attempt);
  writer.start();
  let text = "";

  async function nextAttempt(): Promise<void> {
    writer.abandon();
    await store.takeOver(testTenant, answer.id, attempt, "process-2");
    attempt += 1;
    text = "";
    writer = log.open(turn, attempt);
    writer.start();
  }

  async function arrive(): Promise<Traveller> {
    const traveller = createTraveller(answer);
    travellers.push(traveller);
    await traveller.enter(reader);
    return traveller;
  }

  return {
    ...saved,
    travellers,
    arrive,
    async act(one: Step): Promise<void> {
      if (one === "read") await arrive();
      else if (one === "next attempt") await nextAttempt();
      else if (one === "settle") await settle();
      else if ("drop" in one)
        await travellers[one.drop % Math.max(1, travellers.length)]?.enter(reader);
      else {
        text += one.publish;
        writer.append(one.publish);
      }
    },
    async finish(): Promise<string> {
      await saved.end(writer, text, completed, attempt);
      return text;
    },
  };
}

it("whoever drops and resumes gets the whole text once, with one start and one ending, wherever it falls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const turn = await openTurn();
      for (const one of steps) await turn.act(one);
      const text = await turn.finish();
      await turn.arrive();
      for (const traveller of turn.travellers) {
        await traveller.finished();
        expect(assemble(traveller.seen)).toBe(text);
      }
      expect(turn.clock.timers).toBe(0);
    }),
    { numRuns: 300 },
  );
});
