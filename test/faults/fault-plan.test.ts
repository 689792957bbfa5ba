import { expect, test } from "vitest";
import { drawConversation } from "./conversation-plan.ts";
import { faultKindNames, type FaultKind } from "./fault.ts";
import { drawFaults } from "./fault-plan.ts";

test("a seed draws the same faults and questions again, another one others", () => {
  expect(drawFaults(7, 200, 2)).toEqual(drawFaults(7, 200, 2));
  expect(drawFaults(7, 200, 2)).not.toEqual(drawFaults(8, 200, 2));
  expect(drawConversation(7, 3, 3)).toEqual(drawConversation(7, 3, 3));
  expect(drawConversation(7, 3, 3)).not.toEqual(drawConversation(7, 4, 3));
});

test("even a short plan has every kind of fault", () => {
  for (const seed of [1, 2, 3]) {
    const kinds = new Set(drawFaults(seed, 60, 2).map(({ kind }) => kind));
    expect(faultKindNames.filter((kind) => !kinds.has(kind))).toEqual([]);
  }
});

test("a server is not taken down while another one is out", () => {
  const outages: readonly FaultKind[] = [
    "crash",
    "crash-all",
    "long-freeze",
    "postgres-away",
    "restart",
  ];
  const out = drawFaults(1, 1000, 2).filter(({ kind }) => outages.includes(kind));
  expect(out.length).toBeGreaterThan(50);
  expect(new Set(out.map(({ process }) => process))).toEqual(new Set([0, 1]));
  for (const [index, fault] of out.entries()) {
    const before = out[index - 1];
    if (before) expect(fault.at).toBeGreaterThan(before.at + before.ms + 2000);
  }
});
