import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import type { ChatStore } from "../../../api/core/ports.ts";
import type { TurnStore } from "../../../api/core/turns/turn-store.ts";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { maxCrashes, recoverTurns } from "../../../api/core/turns/recover-turns.ts";
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
} from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant } from "../../support/tenant.ts";

const stopping = new AbortController().signal;

/** A new process over what `process-1` left behind. */
function open(
  store: ChatStore & TurnStore = createMemoryStore(),
  { tenants = [testTenant], owner = "process-2" } = {},
) {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer, store, owner });
  const { runner, clock, logger, start, log } = process;
  const leases = { listProcesses: async () => [owner] };
  const parts = { turns: store, leases, lease: start.lease, log, runner, tokens, clock, logger };
  const recover = () =>
    recoverTurns(
      { ...parts, tenants: createMemoryTenants(tenants), stopping },
      tenants.map(({ id }) => id),
    );
  const find = async (id: string) => store.findMessage(testTenant, id);
  return { ...process, answerer, recover, find };
}

/** A turn whose process has died, after so many attempts that ended in the same way. */
async function leave(store: ChatStore & TurnStore, text: string, attempts = 1, fields = {}) {
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
    await recoverTurns({ ...parts, tenants, stopping }, [testTenant.id]);
    expect(await find(answer.id)).toMatchObject({ content: "So far", state: "error" });
    expect(answerer.asked).toEqual([]);
  });

  it("is cancelled also when that was asked for while it was taken over", async () => {
    const memory = createMemoryStore();
    const store: ChatStore & TurnStore = {
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

  it("goes on with the next tenant when one can't be read", async () => {
    const memory = createMemoryStore();
    const broken = makeTenant("broken");
    const store: ChatStore & TurnStore = {
      ...memory,
      async listUnfinished(tenant) {
        if (tenant.id === broken.id) throw new Error("Its schema is damaged");
        return memory.listUnfinished(tenant);
      },
    };
    const { recover, answerer, logger } = open(store, { tenants: [broken, testTenant] });
    await leave(memory, "");
    await recover();
    await settle();
    expect(answerer.asked).toHaveLength(1);
    expect(logger.lines).toMatchObject([
      { level: "error", fields: { tenant_id: "broken" } },
      { level: "info" },
    ]);
  });
});
