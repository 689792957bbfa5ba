import { expect, test } from "vitest";
import { createMemoryTurnStreams } from "../../api/adapters/memory/turn-streams.ts";
import { systemClock as clock } from "../../api/adapters/system/clock.ts";
import { openTurns } from "../../api/turns.ts";
import { makeFirstTurn } from "../contracts/store-fixtures.ts";
import { tokens } from "../support/core.ts";
import { createRecordingLogger } from "../support/logger.ts";
import { createManualAnswerer } from "../support/manual-answerer.ts";
import { openTestPostgres } from "../support/open-postgres.ts";

const hourMs = 3_600_000;
const count = 200;

test("the turns of two processes that die one after the other are each answered again once", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  const { turns, leases, chats, tenants, work } = postgres;
  const tenant = await addTenant("acme");
  const owners = ["process-1", "process-2"];
  for (const owner of owners) {
    await leases.register(owner, hourMs);
    await leases.noteTenant(owner, tenant.id);
  }
  for (let at = 0; at < count; at += 1)
    await turns.saveTurn(tenant, makeFirstTurn({ owner: owners[at % 2] ?? "" }));

  // The second death is claimed while the first one's turns are still being taken over.
  let takenOver = 0;
  const second = Promise.withResolvers<void>();
  const claims: string[][] = [];
  const slow = {
    ...turns,
    async takeOver(...args: Parameters<typeof turns.takeOver>) {
      takenOver += 1;
      if (takenOver === 1) {
        await leases.register("process-2", -1);
        await second.promise;
      }
      return turns.takeOver(...args);
    },
  };
  const watched = {
    ...leases,
    async claimExpired(process: string) {
      const tenantIds = await leases.claimExpired(process);
      if (tenantIds.length > 0) claims.push(tenantIds);
      if (claims.length === 2) setImmediate(second.resolve);
      return tenantIds;
    },
  };
  const answerer = createManualAnswerer();
  const logger = createRecordingLogger();
  const living = await openTurns({
    tenants,
    chats,
    turns: slow,
    budgets: postgres.budgets,
    leases: watched,
    streams: createMemoryTurnStreams(clock),
    retriever: { retrieve: async () => ({ passages: [], degraded: [] }) },
    answerer,
    tokens,
    clock,
    logger,
    leaseMs: 1000,
    onEnd: () => undefined,
  });
  try {
    await leases.register("process-1", -1);
    const taken = () =>
      work(tenant, (em) =>
        em.execute<{ count: number }[]>(
          "select count(*)::int as count from tenant_acme.chat_messages where attempt = 2",
        ),
      );
    await expect.poll(taken, { timeout: 15_000 }).toEqual([{ count }]);
    await expect.poll(() => answerer.asked.length, { timeout: 15_000 }).toBe(count);
    expect(claims).toEqual([["acme"], ["acme"]]);
    // Once each, and none broken off: nobody else has them.
    const again = logger.lines.filter(({ text }) => text === "Answering again");
    expect(again).toHaveLength(count);
    expect(answerer.asked.filter(({ signal }) => signal.aborted)).toEqual([]);
  } finally {
    await living.runner.close(0);
    await living.close();
    await close();
  }
});
