import { expect, test } from "vitest";
import { createMemoryLeases } from "../../../api/adapters/memory/leases.ts";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import type { TurnStop } from "../../../api/core/turns/turn-store.ts";
import { makeFirstTurn, registerOwners } from "../../contracts/store-fixtures.ts";
import { storeContract } from "../../contracts/store.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

storeContract("memory", async () => {
  const leases = createMemoryLeases(createManualClock());
  await registerOwners(leases);
  const stops: TurnStop[] = [];
  const store = createMemoryStore(undefined, { leases, onStop: (stop) => void stops.push(stop) });
  return {
    store,
    unanswered: store,
    leases,
    stops,
    tenant: makeTenant("demo"),
    otherTenant: makeTenant("other"),
    close: async () => undefined,
  };
});

test("without leases every owner is believed", async () => {
  const store = createMemoryStore();
  const tenant = makeTenant("demo");
  const { answer } = await store.saveTurn(tenant, makeFirstTurn({ owner: "anybody" }));
  expect(await store.takeOver(tenant, answer.id, 1, "somebody else")).toBe(true);
});
