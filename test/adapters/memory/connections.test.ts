import { expect, it } from "vitest";
import { createMemoryConnectionCounter } from "../../../api/adapters/memory/connections.ts";
import { connectionsContract } from "../../contracts/connections.ts";

connectionsContract("memory", async () => ({
  counters: [createMemoryConnectionCounter()],
  settle: async () => undefined,
  close: async () => undefined,
}));

it("forgets keys of which nothing is held", async () => {
  const counter = createMemoryConnectionCounter();
  const places = Array.from({ length: 100 }, (_, n) => ({ key: `key ${n}`, limit: 1 }));
  const held = await counter.hold(places);
  expect(counter.size).toBe(100);
  if ("release" in held) held.release();
  expect(counter.size).toBe(0);
  await counter.hold([{ key: "refused", limit: 0 }]);
  expect(counter.size).toBe(0);
});
