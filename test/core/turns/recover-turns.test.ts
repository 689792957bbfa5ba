import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { maxCrashes, recoverTenant } from "../../../api/core/turns/recover-turns.ts";
import { makeFinish, makeFirstTurn, makeTurn } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import {
  assemble,
  drain,
  follow,
  openProcess,
  refer,
  testTenant,
  tokens,
  type CoreStore,
} from "../../support/core.ts";
import { laterMs } from "../../../api/core/turns/recoveries.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";

const stopping = new AbortController().signal;

/** A new process over what `process-1` left behind. */
function open(store: CoreStore = createMemoryStore(), { owner = "process-2" } = {}) {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer, store, owner });
  const { runner, clock, logger, start, log } = process;
  const leases = { listProcesses: async () => [owner] };
  const parts = { turns: store, leases, lease: start.lease, log, runner, tokens, clock, logger };
  const recover = (tenantId = testTenant.id) =>
    recoverTenant({ ...parts, tenants: createMemoryTenants([testTenant]), stopping }, tenantId);
  const find = async (id: string) => store.findMessage(testTenant, id);
  return { ...process, answerer, recover, find };
}

/** A turn whose process has died, after so many attempts that ended in the same way. */
async function leave(store: CoreStore, text: string, attempts = 1, fields = {}) {
  const { question, answer } = await store.saveTurn(testTenant, makeFirstTurn(fields));
  for (let attempt = 1; attempt < attempts; attempt += 1)
    await store.takeOver(testTenant, answer.id, attempt, `dead-${attempt}`);
  await store.startAttempt(testTenant, answer.id, attempts);
  await store.checkpoint(testTenant, answer.id, attempts, text);
  return { question, answer };
}

describe("a turn that a dead process left behind", () => {
  it("is answered again as its next attempt, and who read it goes on there", async () => {
    const { store, recover, answerer, reader, find } = open();
    const { question, answer } = await leave(store, "Half of");
    const before = { attempt: 1, rank: 7 };
    const following = follow(
      readTurn(reader, testTenant, refer(answer), before, new AbortController().signal),
    );
    await recover();
    const given = await answerer.nth(0);
    expect(given.request.question).toBe(question.content);
    given.say("All of it");
    given.finish();
    await following.done;
    expect(assemble(following.events)).toBe("All of it");
    expect(following.events[0]).toEqual({ type: "start", cursor: { attempt: 2, rank: 0 } });
    expect(await find(answer.id)).toMatchObject({
      attempt: 2,
      content: "All of it",
      state: "complete",
    });
  });

  it("is ended with an error and its text, when it was tried often enough", async () => {
    const { store, recover, answerer, reader, find, clock } = open();
    const { question, answer } = await leave(store, "Partial text", maxCrashes);
    const following = follow(
      readTurn(reader, testTenant, refer(answer), undefined, new AbortController().signal),
    );
    await recover();
    await drain(clock, 3);
    await following.done;
    expect(assemble(following.events)).toBe("Partial text");
    const [promptTokens, completionTokens] = [tokens.countTokens(question.content), 3];
    const usage = {
      promptTokens,
      completionTokens,
      totalTokens: promptTokens + 3,
      cost: 0,
      estimated: true,
    };
    expect(await find(answer.id)).toMatchObject({
      content: "Partial text",
      state: "error",
      ending: { type: "error", code: "PROCESSING_ERROR", usage },
    });
    expect(answerer.asked).toEqual([]);
  });

  it("is tried as often as it may be, and no more", async () => {
    const store = createMemoryStore();
    const { answer } = await store.saveTurn(testTenant, makeFirstTurn());
    let tries = 0;
    for (let start = 0; start < maxCrashes + 3; start += 1) {
      const process = open(store, { owner: `start-${start}` });
      await process.recover();
      await settle();
      tries += process.answerer.asked.length;
    }
    expect(tries).toBe(maxCrashes - 1);
    expect(await store.findMessage(testTenant, answer.id)).toMatchObject({
      state: "error",
      attempt: maxCrashes + 1,
    });
  });

  it("is answered again however often it was handed over in an orderly way", async () => {
    const store = createMemoryStore();
    const { answer } = await store.saveTurn(testTenant, makeFirstTurn());
    for (let start = 0; start < maxCrashes + 3; start += 1) {
      const process = open(store, { owner: `start-${start}` });
      await store.handOver(testTenant, answer.id, start + 1);
      await process.recover();
      await settle();
      expect(process.answerer.asked).toHaveLength(1);
    }
  });

  it("of a tenant that is no longer served is ended, not asked again", async () => {
    const tenants = { findTenantInAnyState: async () => ({ tenant: testTenant, isActive: false }) };
    const { store, answerer, find, runner, clock, logger, start, log } = open();
    const { answer } = await leave(store, "So far");
    const leases = { listProcesses: async () => ["process-2"] };
    const parts = { turns: store, leases, lease: start.lease, log, runner, tokens, clock, logger };
    await recoverTenant({ ...parts, tenants, stopping }, testTenant.id);
    expect(await find(answer.id)).toMatchObject({ content: "So far", state: "error" });
    expect(answerer.asked).toEqual([]);
  });

  it("is cancelled also when that was asked for while it was taken over", async () => {
    const memory = createMemoryStore();
    const store: CoreStore = {
      ...memory,
      async takeOver(tenant, id, ...args) {
        const isTaken = await memory.takeOver(tenant, id, ...args);
        await memory.requestCancel(tenant, id);
        return isTaken;
      },
    };
    const { recover, find } = open(store);
    const { answer } = await leave(memory, "");
    await recover();
    await settle();
    expect(await find(answer.id)).toMatchObject({ ending: { finishReason: "cancelled" } });
  });

  it("is ended as cancelled, with its text, when that was asked for", async () => {
    const { store, recover, answerer, find } = open();
    const { answer } = await leave(store, "So far");
    await store.requestCancel(testTenant, answer.id);
    await recover();
    await settle();
    expect(await find(answer.id)).toMatchObject({
      content: "So far",
      state: "complete",
      ending: { type: "complete", finishReason: "cancelled", usage: { estimated: true } },
    });
    expect(answerer.asked).toEqual([]);
  });

  it("comes in its chat's order, one after another", async () => {
    const { store, recover, answerer } = open();
    const first = await leave(store, "", 1, { content: "First" });
    await store.saveTurn(testTenant, makeTurn(first.question.chatId, { content: "Second" }));
    await store.saveTurn(testTenant, makeTurn(first.question.chatId, { content: "Third" }));
    await recover();
    await settle();
    for (const [index, content] of ["First", "Second", "Third"].entries()) {
      expect(answerer.asked.map(({ request }) => request.question).at(-1)).toBe(content);
      (await answerer.nth(index)).finish();
      await settle();
    }
  });

  it("is answered by one of two processes that find it", async () => {
    const store = createMemoryStore();
    const { answer } = await leave(store, "");
    const processes = ["process-2", "process-3"].map((owner) => open(store, { owner }));
    await Promise.all(processes.map(({ recover }) => recover()));
    await settle();
    expect(processes.flatMap(({ answerer }) => answerer.asked)).toHaveLength(1);
    expect(await store.findMessage(testTenant, answer.id)).toMatchObject({ attempt: 2 });
  });
});

describe("recovering", () => {
  it("leaves alone what has ended and what is our own", async () => {
    const { store, recover, answerer, find } = open();
    const ended = await leave(store, "");
    await store.finishTurn(testTenant, ended.answer.id, 1, makeFinish("Done"));
    const own = await store.saveTurn(testTenant, makeFirstTurn({ owner: "process-2" }));
    await recover();
    await settle();
    expect(answerer.asked).toEqual([]);
    expect(await find(ended.answer.id)).toMatchObject({ content: "Done", attempt: 1 });
    expect(await find(own.answer.id)).toMatchObject({ attempt: 1, ending: null });
  });

  it("takes nothing over in a process that goes down itself", async () => {
    const { store, recover, runner, find } = open();
    const { answer } = await leave(store, "So far");
    await runner.close(0);
    await recover();
    expect(await find(answer.id)).toMatchObject({ attempt: 1, ending: null });
  });

  it("takes over the others when one can't be, and says so", async () => {
    const memory = createMemoryStore();
    const [first, second] = [await leave(memory, ""), await leave(memory, "")];
    const store: CoreStore = {
      ...memory,
      async takeOver(tenant, id, ...args) {
        if (id === first.answer.id) throw new Error("Its row is damaged");
        return memory.takeOver(tenant, id, ...args);
      },
    };
    const { recover, find } = open(store);
    await expect(recover()).rejects.toMatchObject({ errors: [{ message: "Its row is damaged" }] });
    expect(await find(first.answer.id)).toMatchObject({ attempt: 1 });
    expect(await find(second.answer.id)).toMatchObject({ attempt: 2 });
  });

  it("finds an old turn of its own process that nobody runs, and leaves alone a new one", async () => {
    const { store, recover, find, clock } = open();
    const now = new Date(clock.now());
    const { answer } = await store.saveTurn(testTenant, makeFirstTurn({ owner: "process-2", now }));
    await recover();
    expect(await find(answer.id)).toMatchObject({ attempt: 1 });
    clock.advance(laterMs);
    await recover();
    await settle();
    expect(await find(answer.id)).toMatchObject({ attempt: 2, state: "streaming" });
    await recover();
    expect(await find(answer.id)).toMatchObject({ attempt: 2 });
  });
});
