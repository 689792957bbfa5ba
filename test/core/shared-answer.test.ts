import { expect, test } from "vitest";
import { shareAnswer } from "../../api/core/shared-answer.ts";
import { createManualClock } from "../support/clock.ts";

test("is asked for once in its time, also while it is on its way", async () => {
  const clock = createManualClock();
  const waiting: ((answer: string) => void)[] = [];
  const ask = shareAnswer(
    clock,
    1000,
    () => new Promise<string>((resolve) => waiting.push(resolve)),
  );
  const asked = Array.from({ length: 500 }, ask);
  expect(waiting).toHaveLength(1);
  clock.advance(999);
  waiting[0]?.("up");
  expect(new Set(await Promise.all([...asked, ask()]))).toEqual(new Set(["up"]));
  clock.advance(1);
  const next = ask();
  expect(waiting).toHaveLength(2);
  waiting[1]?.("down");
  expect(await next).toBe("down");
});
