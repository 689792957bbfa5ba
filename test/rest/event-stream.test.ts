import { expect, it } from "vitest";
import { createEventStream } from "../../api/rest/event-stream.ts";
import { createManualClock } from "../support/clock.ts";

it("is over for who cancels it, also when its producer fails to clean up", async () => {
  async function* produce() {
    try {
      for (;;) yield new Uint8Array([1]);
    } finally {
      // As a store does that is gone by then.
      await Promise.reject(new Error("Can't clean up"));
    }
  }
  const clock = createManualClock();
  const { body, ended } = createEventStream({ produce, clock, onStuck: () => undefined });
  const reader = body.getReader();
  await reader.read();
  await expect(reader.cancel()).rejects.toThrow("Can't clean up");
  await expect(ended).resolves.toBeUndefined();
  expect(clock.timers).toBe(0);
});
