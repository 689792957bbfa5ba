import { describe, expect, test } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import {
  createStrangers,
  refusalBurst,
  refusalsPerMinute,
} from "../../../api/core/limits/strangers.ts";
import { createManualClock } from "../../support/clock.ts";
import { tally } from "../../support/two-platforms.ts";

const most = refusalsPerMinute + refusalBurst;
const address = "198.51.100.7";
const refused = { code: "RATE_LIMIT_EXCEEDED" };

function open(enabled = true) {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(clock);
  const strangers = createStrangers({ limiter, limits: { enabled }, clock });
  const outcome = (counted: Promise<void>) =>
    counted.then(
      () => "counted",
      ({ code }: { code: string }) => code,
    );
  const refuseMany = async (times: number, from = address) => {
    const all: string[] = [];
    for (let n = 0; n < times; n += 1) all.push(await outcome(strangers.countRefusal(from)));
    return tally(all);
  };
  let looks = 0;
  const look = async (from = address) =>
    strangers.lookUp(from)(async () => {
      looks += 1;
      return "found";
    });
  return { clock, limiter, strangers, refuseMany, look, looks: () => looks };
}

describe("refusals", () => {
  test("are counted by the network of the internet, or by the plain address", async () => {
    const { refuseMany } = open();
    const all = { counted: most, RATE_LIMIT_EXCEEDED: 5 };
    for (const from of [address, "198.51.100.8", "10.0.0.1", "10.0.0.2", "::1"])
      expect(await refuseMany(most + 5, from)).toEqual(all);
    expect(await refuseMany(most, "2001:db8:1:2::1")).toEqual({ counted: most });
    expect(await refuseMany(1, "2001:db8:1:2::2")).toEqual({ RATE_LIMIT_EXCEEDED: 1 });
    expect(await refuseMany(1, "2001:db8:1:3::2")).toEqual({ counted: 1 });
  });

  test("are not counted where limiting is switched off", async () => {
    const { refuseMany, look, limiter } = open(false);
    expect(await refuseMany(most + 5)).toEqual({ counted: most + 5 });
    expect(await look()).toBe("found");
    expect(limiter.size).toBe(0);
  });
});

test("a newcomer is counted like a refusal, and refused only from the internet", async () => {
  const { strangers, refuseMany } = open();
  await refuseMany(most - 1);
  await strangers.countNewcomer(address);
  await expect(strangers.countNewcomer(address)).rejects.toMatchObject(refused);
  expect(await refuseMany(1)).toEqual({ RATE_LIMIT_EXCEEDED: 1 });
  await refuseMany(most, "10.0.0.1");
  await strangers.countNewcomer("10.0.0.1");
});

describe("look-ups of what nobody here knows", () => {
  test("end for a network that was refused too often, until it is allowed another refusal", async () => {
    const { refuseMany, look, looks, clock } = open();
    await refuseMany(1);
    clock.advance(20_000);
    await refuseMany(most - 1);
    expect(await look()).toBe("found");
    await refuseMany(1);
    for (let n = 0; n < 500; n += 1)
      await expect(look()).rejects.toMatchObject({ ...refused, retryAfter: 40 });
    expect(looks()).toBe(1);
    expect(await look("198.51.100.8")).toBe("found");
    clock.advance(39_999);
    await expect(look()).rejects.toMatchObject({ ...refused, retryAfter: 1 });
    clock.advance(1);
    expect(await look()).toBe("found");
  });

  test("go on for addresses that stand for many", async () => {
    const { refuseMany, look } = open();
    await refuseMany(most + 1, "10.0.0.1");
    expect(await look("10.0.0.1")).toBe("found");
  });

  test("of one network are never more than its refusals at once, whatever becomes of them", async () => {
    const { strangers } = open();
    const { promise, reject } = Promise.withResolvers<string>();
    let looks = 0;
    const lookUp = strangers.lookUp(address);
    const start = async () => {
      try {
        return await lookUp(() => {
          looks += 1;
          return promise;
        });
      } catch (error) {
        return error instanceof Error && "code" in error ? String(error.code) : "failed";
      }
    };
    const all = Array.from({ length: 500 }, start);
    expect(looks).toBe(most);
    expect(() => lookUp(async () => "never")).toThrow(
      expect.objectContaining({ ...refused, retryAfter: 1 }),
    );
    expect(await strangers.lookUp("198.51.100.8")(async () => "other")).toBe("other");
    reject(new Error("The database is away"));
    expect(tally(await Promise.all(all))).toEqual({
      failed: most,
      RATE_LIMIT_EXCEEDED: 500 - most,
    });
    expect(await lookUp(async () => "again")).toBe("again");
  });
});

test("ten thousand networks are remembered, the latest ones", async () => {
  const clock = createManualClock();
  const isRefused = { allowed: false, used: most, resetMs: 60_000, retryMs: 60_000 };
  const limiter = { take: async () => [isRefused] };
  const strangers = createStrangers({ limiter, limits: { enabled: true }, clock });
  const nth = (n: number) => `2001:db8:${n.toString(16)}::1`;
  for (let n = 0; n <= 10_000; n += 1)
    await expect(strangers.countRefusal(nth(n))).rejects.toMatchObject(refused);
  const look = async (n: number) => strangers.lookUp(nth(n))(async () => "found");
  expect(await look(0)).toBe("found");
  await expect(look(1)).rejects.toMatchObject(refused);
  await expect(look(10_000)).rejects.toMatchObject(refused);
});
