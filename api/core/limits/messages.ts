import { consumerOf } from "../access/admit.ts";
import { AppError } from "../errors.ts";
import type { Caller } from "../access/caller.ts";
import type { Limiter } from "./limiter.ts";
import { minuteMs, refuse, waitOf } from "./limits.ts";
import { longestWait } from "./requests.ts";
import { shareLimit } from "./shares.ts";

const dayMs = 86_400_000;

/**
 * Counts one message against the tenant's messages a minute and the caller's shares of a minute and a day. The
 * tenant's whole day is counted where the message is stored.
 * @throws AppError RATE_LIMIT_EXCEEDED; QUOTA_EXCEEDED for the shares of the day
 */
export async function countMessage(limiter: Limiter, caller: Caller): Promise<void> {
  const { limits } = caller.tenant.settings;
  const consumer = consumerOf(caller);
  const minute = shareLimit("messages", limits.messagesPerMinute, consumer, limits);
  const [, ...dayShares] = shareLimit("day", limits.messagesPerDay, consumer, limits);
  const decisions = await limiter.take([
    ...minute.map(({ key, limit }) => ({ key, limit, windowMs: minuteMs })),
    ...dayShares.map(({ key, limit }) => ({ key, limit, windowMs: dayMs })),
  ]);
  if (decisions.every(({ allowed }) => allowed)) return;
  const longest = longestWait(decisions);
  if (decisions.indexOf(longest) < minute.length) throw refuse(longest);
  const text = "Your share of the messages of a day is used up";
  throw new AppError("QUOTA_EXCEEDED", text, { retryAfter: waitOf(longest) });
}
