import { expect, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import { countMessage } from "../../../api/core/limits/messages.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

function open(limits: Record<string, unknown>) {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(clock);
  const tenant = makeTenant("garden", { limits });
  const visitor = (n: number): Caller => ({
    tenant,
    visitorId: `vis_${n}`,
    user: undefined,
    key: undefined,
    tokenKey: undefined,
    vouchedBy: undefined,
    admin: undefined,
    expiresAt: undefined,
    clientId: undefined,
    address: `198.51.100.${n}`,
  });
  async function sendMany(caller: Caller, n: number): Promise<number> {
    let sent = 0;
    for (let i = 0; i < n; i += 1) {
      const isSent = await countMessage(limiter, caller).then(
        () => true,
        () => false,
      );
      sent += Number(isSent);
    }
    return sent;
  }
  return { clock, limiter, visitor, sendMany };
}

it("messages_per_minute holds for the tenant, and its share for a visitor", async () => {
  const { clock, limiter, visitor, sendMany } = open({ messages_per_minute: 10 });
  expect(await sendMany(visitor(1), 20)).toBe(5);
  expect(await sendMany(visitor(2), 20)).toBe(5);
  expect(await sendMany(visitor(3), 20)).toBe(0);
  await expect(countMessage(limiter, visitor(1))).rejects.toMatchObject({
    code: "RATE_LIMIT_EXCEEDED",
    retryAfter: 60,
  });
  clock.advance(60_000);
  expect(await sendMany(visitor(1), 20)).toBe(5);
});

it("of messages_per_day a visitor has its share in any 24 hours", async () => {
  const { clock, limiter, visitor, sendMany } = open({
    messages_per_day: 6,
    messages_per_minute: 1000,
  });
  expect(await sendMany(visitor(1), 20)).toBe(3);
  clock.advance(86_399_000);
  expect(await sendMany(visitor(1), 20)).toBe(0);
  await expect(countMessage(limiter, visitor(1))).rejects.toMatchObject({
    code: "QUOTA_EXCEEDED",
    status: 429,
    retryAfter: 1,
  });
  clock.advance(1000);
  expect(await sendMany(visitor(1), 20)).toBe(3);
});

it("a message that the day refuses is not counted against the minute", async () => {
  const { visitor, sendMany } = open({
    messages_per_day: 2,
    messages_per_minute: 4,
    address_share: 100,
  });
  expect(await sendMany(visitor(1), 20)).toBe(1);
  expect(await sendMany(visitor(2), 20)).toBe(1);
  expect(await sendMany(visitor(3), 20)).toBe(1);
  expect(await sendMany(visitor(4), 20)).toBe(1);
});

it("the tenant's whole day is not counted here", async () => {
  const { visitor, sendMany } = open({
    messages_per_day: 2,
    messages_per_minute: 1000,
    person_share: 100,
    address_share: 100,
  });
  expect(await sendMany(visitor(1), 50)).toBe(50);
});
