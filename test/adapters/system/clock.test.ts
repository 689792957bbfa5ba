import { expect, it } from "vitest";
import { systemClock } from "../../../api/adapters/system/clock.ts";

it("tells the time in milliseconds since the epoch", () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

it("runs a timer once, in its order, and none that was cancelled", async () => {
  const ran: string[] = [];
  const cancel = systemClock.after(1, () => ran.push("cancelled"));
  cancel();
  systemClock.after(1, () => ran.push("first"));
  await new Promise<void>((resolve) => {
    systemClock.after(20, () => resolve());
  });
  cancel();
  expect(ran).toEqual(["first"]);
});

it("doesn't run a timer at once because its delay is too long for the platform", async () => {
  let ran = false;
  const cancel = systemClock.after(2 ** 40, () => (ran = true));
  await new Promise<void>((resolve) => {
    systemClock.after(10, () => resolve());
  });
  cancel();
  expect(ran).toBe(false);
});
