import { describe, expect, it } from "vitest";
import { createRecoveries, laterMs } from "../../../api/core/turns/recoveries.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

/** Each look is held until the test lets it go. */
function open() {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const stopping = new AbortController();
  const looks: { tenantId: string; finish: () => void; fail: () => void }[] = [];
  const recoveries = createRecoveries({
    recoverTenant: (tenantId) =>
      new Promise((resolve, reject) => {
        looks.push({ tenantId, finish: resolve, fail: () => reject(new Error("Away")) });
      }),
    clock,
    logger,
    stopping: stopping.signal,
  });
  return { clock, logger, stopping, looks, recoveries };
}

describe("the tenants in which turns are taken over", () => {
  it("are each looked through by one look at a time, and once more when they are claimed meanwhile", async () => {
    const { recoveries, looks } = open();
    recoveries.add(["demo"]);
    recoveries.add(["demo"]);
    recoveries.add(["demo"]);
    await settle();
    expect(looks).toHaveLength(1);
    looks[0]?.finish();
    await settle();
    expect(looks).toHaveLength(2);
    expect(recoveries.tenantIds.has("demo")).toBe(true);
    looks[1]?.finish();
    await settle();
    expect(looks).toHaveLength(2);
    expect(recoveries.tenantIds.size).toBe(0);
  });

  it("are looked through several at once, and one that hangs keeps back no other", async () => {
    const { recoveries, looks } = open();
    const tenantIds = Array.from({ length: 30 }, (_, index) => `tenant-${index}`);
    recoveries.add(tenantIds);
    await settle();
    const [, ...others] = looks;
    expect(others.length).toBeGreaterThan(0);
    for (let at = 1; at < tenantIds.length; at += 1) {
      looks[at]?.finish();
      await settle();
    }
    expect(looks.map(({ tenantId }) => tenantId)).toEqual(tenantIds);
    expect([...recoveries.tenantIds]).toEqual(["tenant-0"]);
  });

  it("are looked through again, after growing pauses, where that fails", async () => {
    const { recoveries, looks, clock, logger } = open();
    recoveries.add(["demo"]);
    for (let count = 0; count < 5; count += 1) {
      await settle();
      expect(looks).toHaveLength(count + 1);
      looks[count]?.fail();
      await settle();
      clock.next();
    }
    await settle();
    looks[5]?.finish();
    await settle();
    expect(recoveries.tenantIds.size).toBe(0);
    expect(logger.lines).toHaveLength(5);
    expect(clock.timers).toBe(0);
  });

  it("are looked through after a while, once, where this process may have left something behind", async () => {
    const { recoveries, looks, clock } = open();
    recoveries.addLater("demo");
    recoveries.addLater("demo");
    await settle();
    expect(looks).toHaveLength(0);
    expect([...recoveries.tenantIds]).toEqual(["demo"]);
    clock.advance(laterMs);
    await settle();
    expect(looks).toHaveLength(1);
    looks[0]?.finish();
    await settle();
    expect(recoveries.tenantIds.size).toBe(0);
  });

  it("stay named when the process stops before they are looked through", async () => {
    const { recoveries, looks, stopping, clock } = open();
    recoveries.add(["demo", "shop"]);
    recoveries.addLater("later");
    await settle();
    stopping.abort();
    for (const { finish } of looks) finish();
    await recoveries.settle();
    expect([...recoveries.tenantIds].toSorted()).toEqual(["demo", "later", "shop"]);
    expect(clock.timers).toBe(0);
  });
});
