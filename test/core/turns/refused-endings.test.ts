import { expect, test } from "vitest";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { maxCrashes, recoverTenant } from "../../../api/core/turns/recover-turns.ts";
import { laterMs } from "../../../api/core/turns/recoveries.ts";
import { mostRefusals } from "../../../api/core/turns/run-turn.ts";
import { drain, testTenant, tokens } from "../../support/core.ts";
import { settle } from "../../support/clock.ts";
import { away, openTurns } from "../../support/turn-process.ts";

/** A process whose store throws these at each ending, one after another, and then the last one for ever. */
function openRefusing(...errors: (() => Error)[]) {
  let calls = 0;
  let isWell = false;
  const process = openTurns((store) => ({
    async finishTurn(...args) {
      if (isWell) return store.finishTurn(...args);
      calls += 1;
      throw (errors[calls - 1] ?? errors.at(-1) ?? away)();
    },
  }));
  const { store, start, log, runner, clock, logger } = process;
  const leases = { listProcesses: async () => ["process-1"] };
  const tenants = createMemoryTenants([testTenant]);
  const stopping = new AbortController().signal;
  const parts = { tenants, turns: store, leases, lease: start.lease, log, runner, tokens };
  return {
    ...process,
    count: () => calls,
    heal: () => void (isWell = true),
    recover: () => recoverTenant({ ...parts, clock, logger, stopping }, testTenant.id),
  };
}

const refused = () => new Error("permission denied for table budget_days");

async function answerFirst(process: ReturnType<typeof openRefusing>) {
  const saved = await process.ask("Question");
  const given = await process.answerer.nth(0);
  given.say("Text");
  given.finish();
  return saved;
}

test("an ending that the store refuses in every form is given up after some tries, loudly, with its text kept", async () => {
  const process = openRefusing(refused);
  const { answer } = await answerFirst(process);
  await drain(process.clock);
  expect(process.count()).toBe(1 + mostRefusals);
  expect(process.clock.timers).toBe(0);
  expect(process.runner.has({ ...answer, tenantId: "demo", messageId: answer.id })).toBe(false);
  expect(process.runner.isIdle("demo")).toBe(true);
  expect([...process.runner.left]).toEqual(["demo"]);
  expect(process.logger.lines).toMatchObject([
    { level: "error", text: "An ending was refused by the store" },
    { level: "error", text: expect.stringMatching(/ending of a turn could not be stored/) },
  ]);
  expect(process.ended).toEqual([]);
  expect(await process.find(answer)).toMatchObject({ content: "Text", ending: null });
});

test("the turn is answered again when the store has come to itself, and its chat goes on", async () => {
  const process = openRefusing(refused);
  const { answer, question } = await answerFirst(process);
  await process.ask({ chatId: question.chatId, content: "Second" });
  await drain(process.clock, 2 * mostRefusals);
  process.heal();
  process.clock.advance(laterMs);
  await process.recover();
  const again = await process.answerer.nth(1);
  expect(again.request.question).toBe("Question");
  again.finish();
  await drain(process.clock, 3);
  expect(await process.find(answer)).toMatchObject({ state: "complete", attempt: 2 });
  expect((await process.answerer.nth(2)).request.question).toBe("Second");
});

test("a store that goes on refusing is asked for so many answers, and then only for the ending", async () => {
  const process = openRefusing(refused);
  const { answer } = await answerFirst(process);
  await drain(process.clock);
  process.clock.advance(laterMs);
  for (let count = 1; count < maxCrashes; count += 1) {
    await process.recover();
    (await process.answerer.nth(count)).finish();
    await drain(process.clock);
  }
  await expect(process.recover()).rejects.toThrow(/Not every turn could be taken over/);
  await expect(process.recover()).rejects.toThrow(/Not every turn could be taken over/);
  expect(process.answerer.asked).toHaveLength(maxCrashes);
  process.heal();
  await process.recover();
  expect(await process.find(answer)).toMatchObject({ content: "Text", state: "error" });
});

test("being away is no refusal: however long it lasts, the ending is stored after it", async () => {
  const long = Array.from({ length: 5 * mostRefusals }, () => away);
  const process = openRefusing(refused, ...long, refused, ...long, refused);
  const { answer } = await answerFirst(process);
  const tries = 2 + 10 * mostRefusals;
  await drain(process.clock, tries);
  expect(process.count()).toBeGreaterThanOrEqual(tries);
  process.heal();
  await drain(process.clock);
  await settle();
  expect(await process.find(answer)).toMatchObject({
    content: "Text",
    state: "error",
    ending: { code: "PROCESSING_ERROR" },
  });
  expect(process.ended).toHaveLength(1);
});
