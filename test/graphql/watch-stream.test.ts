import { expect, test } from "vitest";
import { watchStream } from "../../api/graphql/watch-stream.ts";
import { createManualClock } from "../support/clock.ts";

test("what breaks a stream off is told to us, and not to whoever serves it", async () => {
  const fault = new Error("what somebody said");
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(fault);
    },
  });
  const told: unknown[] = [];
  const clock = createManualClock();
  const ignore = () => undefined;
  const { body, ended } = watchStream(source, clock, ignore, (error) => void told.push(error));
  const failed: unknown = await body
    .getReader()
    .read()
    .catch((error: unknown) => error);
  expect(failed).toEqual(new Error("The stream broke off"));
  expect(told).toEqual([fault]);
  await ended;
  expect(clock.timers).toBe(0);
});
