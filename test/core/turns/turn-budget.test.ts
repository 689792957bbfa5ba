import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import type { Answerer } from "../../../api/core/answering/answerer.ts";
import { ModelError } from "../../../api/core/answering/model-error.ts";
import { noUsage } from "../../../api/core/message.ts";
import { cancelTurn } from "../../../api/core/turns/cancel-turn.ts";
import { briefMs } from "../../../api/core/turns/persist.ts";
import { recoverTenant } from "../../../api/core/turns/recover-turns.ts";
import { withBudget } from "../../contracts/budget-fixtures.ts";
import { passUntil, settle } from "../../support/clock.ts";
import { makeCaller, openProcess, testTenant, tokens, type CoreStore } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { away, failing } from "../../support/turn-process.ts";

const today = "2030-01-01";
const used = { ...noUsage, totalTokens: 7, cost: 0.125 };

/** A process whose model costs at most half a dollar; the tenant may spend one. */
function open(store: CoreStore = createMemoryStore(), { owner = "process-1", perDay = 1 } = {}) {
  const model = createManualAnswerer();
  const answerer: Answerer = {
    async *answer(request, signal) {
      await request.budget.reserve(0.5);
      return yield* model.answer(request, signal);
    },
  };
  const tenant = withBudget(testTenant, perDay);
  const caller = makeCaller({ tenant });
  const process = openProcess({ answerer, store, caller, owner });
  const find = async ({ id }: { id: string }) => store.findMessage(tenant, id);
  return { ...process, model, tenant, caller, find };
}

const memory = () => createMemoryStore();
const readDay = (store: ReturnType<typeof memory>, day = today) =>
  store.readBudget(testTenant, day);

describe("a turn whose answer fits the budget", () => {
  it("holds the most that it can cost while the model works, and is charged what it cost", async () => {
    const store = memory();
    const { ask, model } = open(store);
    await ask("Question");
    const given = await model.nth(0);
    expect(await readDay(store)).toEqual({ spent: 0, held: 0.5 });
    given.finish({ usage: used });
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.125, held: 0 });
  });

  it("takes the money of the day on which it asks", async () => {
    const store = memory();
    const { ask, model, clock } = open(store);
    await ask("Before midnight");
    const given = await model.nth(0);
    clock.advance(86_400_000);
    await ask("After midnight");
    await model.nth(1);
    given.finish({ usage: used });
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.125, held: 0 });
    expect(await readDay(store, "2030-01-02")).toEqual({ spent: 0, held: 0.5 });
  });
});

describe("a turn whose answer doesn't fit", () => {
  it("ends in an error that names the reason, costs nothing, and is no fault in the log", async () => {
    const store = memory();
    const { ask, model, find, logger } = open(store, { perDay: 0.9 });
    await ask("First");
    await model.nth(0);
    const { answer } = await ask("Second");
    await settle();
    expect(await find(answer)).toMatchObject({
      state: "error",
      content: "",
      ending: { type: "error", code: "BUDGET_EXCEEDED", usage: noUsage },
    });
    expect(model.asked).toHaveLength(1);
    expect(await readDay(store)).toEqual({ spent: 0, held: 0.5 });
    expect(logger.lines.map(({ level }) => level)).toEqual(["info"]);
  });

  it("is answered on the next day", async () => {
    const { ask, model, clock } = open(memory(), { perDay: 0.5 });
    await ask("First");
    (await model.nth(0)).finish({ usage: used });
    await ask("Refused");
    await settle();
    clock.advance(86_400_000);
    await ask("Tomorrow");
    expect((await model.nth(1)).request.question).toBe("Tomorrow");
  });
});

describe("what is held is charged or given back", () => {
  it("when the model fails: what had been used", async () => {
    const store = memory();
    const { ask, model } = open(store);
    await ask("Before the first piece");
    const failure = (usage: typeof used) => new ModelError("MODEL_TIMEOUT", "Slow", { usage });
    (await model.nth(0)).fail(failure(noUsage));
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0, held: 0 });
    await ask("Behind it");
    (await model.nth(1)).fail(failure(used));
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.125, held: 0 });
  });

  it("after a fault of ours: all of it, since nobody knows what was used", async () => {
    const store = memory();
    const { ask, model, find } = open(store);
    const { answer } = await ask("Question");
    (await model.nth(0)).fail(new TypeError("A fault"));
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.5, held: 0 });
    expect((await find(answer))?.ending?.usage).toMatchObject({ cost: 0.5, estimated: true });
  });

  it("when it is cancelled before the model was asked: nothing", async () => {
    const store = memory();
    const reserving = Promise.withResolvers<void>();
    const slow: CoreStore = {
      ...store,
      async reserve(...args) {
        const outcome = await store.reserve(...args);
        await reserving.promise;
        return outcome;
      },
    };
    const { ask, model, start, caller } = open(slow);
    const { answer } = await ask("Question");
    await settle();
    await cancelTurn(start, caller, answer.id);
    reserving.resolve();
    await settle();
    expect(model.asked).toEqual([]);
    expect(await readDay(store)).toEqual({ spent: 0, held: 0 });
  });

  it("when its chat is deleted: all of it, and once", async () => {
    const store = memory();
    const { ask, model, runner, tenant } = open(store);
    const { answer } = await ask("Question");
    const given = await model.nth(0);
    given.say("Half");
    await store.deleteChat(tenant, answer.chatId);
    runner.stop({ tenantId: tenant.id, chatId: answer.chatId });
    await settle();
    expect(given.signal.aborted).toBe(true);
    expect(await readDay(store)).toEqual({ spent: 0.5, held: 0 });
  });

  it("when its ending is refused by the store and gives way to a plain one: what was used", async () => {
    const store = memory();
    const odd = failing(store.finishTurn, () => new Error("Odd"), 1);
    const { ask, model, find } = open({ ...store, finishTurn: odd.run });
    const { answer } = await ask("Question");
    (await model.nth(0)).finish({ usage: used });
    await settle();
    expect(await find(answer)).toMatchObject({ state: "error" });
    expect(await readDay(store)).toEqual({ spent: 0.125, held: 0 });
  });

  it("when the reply to the ending is lost: what was used, once", async () => {
    const store = memory();
    let isFirst = true;
    const deaf: CoreStore = {
      ...store,
      async finishTurn(...args) {
        const isStored = await store.finishTurn(...args);
        if (!isFirst) return isStored;
        isFirst = false;
        throw away();
      },
    };
    const { ask, model, clock, ended } = open(deaf);
    await ask("Question");
    (await model.nth(0)).finish({ usage: used });
    while (ended.length === 0) {
      await settle();
      clock.next();
    }
    expect(await readDay(store)).toEqual({ spent: 0.125, held: 0 });
  });

  it("when its process dies and another answers again: all of the first, and what the second cost", async () => {
    const store = memory();
    const first = open(store);
    await first.ask("Question");
    await first.model.nth(0);
    const second = await recoverIn(store);
    expect(await readDay(store)).toEqual({ spent: 0, held: 1 });
    (await second.model.nth(0)).finish({ usage: used });
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.625, held: 0 });
    // The first one was only frozen.
    first.model.asked[0]?.finish({ usage: used });
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.625, held: 0 });
  });

  it("when it is handed over at a shutdown: all of the first, and what the second cost", async () => {
    const store = memory();
    const first = open(store);
    await first.ask("Question");
    (await first.model.nth(0)).say("Half");
    await passUntil(first.clock, first.runner.close(0));
    const second = await recoverIn(store);
    (await second.model.nth(0)).finish({ usage: used });
    await settle();
    expect(await readDay(store)).toEqual({ spent: 0.625, held: 0 });
  });

  it("when an interrupted turn is ended without being asked again: all of it", async () => {
    const store = memory();
    const first = open(store);
    const { answer } = await first.ask("Question");
    await first.model.nth(0);
    await store.requestCancel(first.tenant, answer.id);
    await recoverIn(store);
    expect(await readDay(store)).toEqual({ spent: 0.5, held: 0 });
  });

  /** Another process that takes all others for dead. */
  async function recoverIn(store: CoreStore) {
    const process = open(store, { owner: "process-2" });
    const { runner, clock, logger, start, log, tenant } = process;
    const leases = { listProcesses: async () => ["process-2"] };
    const parts = { turns: store, leases, lease: start.lease, log, runner, tokens, clock, logger };
    const tenants = createMemoryTenants([tenant]);
    await recoverTenant({ ...parts, tenants, stopping: new AbortController().signal }, tenant.id);
    await settle();
    return process;
  }
});

describe("a reservation that can't be made", () => {
  it("is tried again while the store is away, and the model is asked after it", async () => {
    const store = memory();
    const reserve = failing(store.reserve, away, 3);
    const { ask, model, clock } = open({ ...store, reserve: reserve.run });
    await ask("Question");
    await passUntil(clock, model.nth(0));
    expect(reserve.calls).toHaveLength(4);
    expect(await readDay(store)).toEqual({ spent: 0, held: 0.5 });
  });

  it("for too long ends the turn, and nothing is asked", async () => {
    const store = memory();
    const { ask, model, clock, find } = open({ ...store, reserve: () => Promise.reject(away()) });
    const { answer } = await ask("Question");
    await settle();
    for (let passed = 0; passed <= briefMs; passed += 500) {
      clock.advance(500);
      await settle();
    }
    expect(await find(answer)).toMatchObject({ ending: { code: "SERVICE_UNAVAILABLE" } });
    expect(model.asked).toEqual([]);
  });

  it("since another process has the turn stops the attempt, which touches nothing any more", async () => {
    const store = memory();
    const stolen: CoreStore = {
      ...store,
      async reserve(tenant, hold) {
        await store.takeOver(tenant, hold.messageId, hold.attempt, "process-2");
        return store.reserve(tenant, hold);
      },
    };
    const { ask, model, find, ended, logger, log } = open(stolen);
    const { answer } = await ask("Question");
    await settle();
    expect(await find(answer)).toMatchObject({ attempt: 2, state: "queued", ending: null });
    expect([...model.asked, ...ended, ...logger.lines]).toEqual([]);
    expect(log.size).toBe(0);
  });
});
