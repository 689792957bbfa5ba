import type { AppError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import { minuteMs, refuse, type RequestLimits } from "./limits.ts";
import type { LimitDecision, Limiter } from "./limiter.ts";
import { networkOf } from "./network.ts";

/** Refusals of one address in a minute, over all tenants; and how many of its look-ups may be under way at once. */
export const refusalsPerMinute = 60;
export const refusalBurst = 10;

const maxRefusals = refusalsPerMinute + refusalBurst;
/** Networks that are remembered as shut out: the oldest is forgotten first. */
const maxShut = 10_000;
/** When one more look-up is worth a try while as many as may be are under way, in ms. */
const lookUpMs = 1000;

/** Runs a look-up, or throws at once, before it begins: then nobody who waits for the same is told. @throws AppError RATE_LIMIT_EXCEEDED */
export type LookUp = <Value>(load: () => Promise<Value>) => Promise<Value>;

/**
 * Counts by the address alone, over all tenants, what is refused to those who prove nothing: no stranger can use up
 * what a tenant's own callers need. Whoever shows what is right isn't asked, since an address may stand for many.
 */
export interface Strangers {
  /** Counts a wrong or missing proof, or a tenant that isn't there. @throws AppError RATE_LIMIT_EXCEEDED beyond the limit */
  countRefusal(address: string): Promise<void>;
  /**
   * Counts one who may still show something. Only addresses of the public internet are refused, since the others
   * stand for many people.
   * @throws AppError RATE_LIMIT_EXCEEDED
   */
  countNewcomer(address: string): Promise<void>;
  /**
   * For what this process knows nothing of, such as an invented key. Of a public network that was refused too often,
   * or has too much under way, nothing more is looked up. This process alone remembers that.
   */
  lookUp(address: string): LookUp;
}

export interface StrangersDeps {
  readonly limiter: Limiter;
  readonly limits: Pick<RequestLimits, "enabled">;
  readonly clock: Clock;
}

export function createStrangers({ limiter, limits, clock }: StrangersDeps): Strangers {
  /** Until when each network is shut out. */
  const shut = new Map<string, number>();
  const underWay = new Map<string, number>();

  /** @returns what refuses. */
  async function count(address: string): Promise<LimitDecision | undefined> {
    if (!limits.enabled) return undefined;
    const network = networkOf(address);
    const key = `refused:${network ?? address}`;
    const [decision] = await limiter.take([{ key, limit: maxRefusals, windowMs: minuteMs }]);
    if (!decision || decision.allowed) return undefined;
    if (network !== undefined) shutOut(network, clock.now() + decision.retryMs);
    return decision;
  }

  function shutOut(network: string, until: number): void {
    const [oldest] = shut.keys();
    if (shut.size >= maxShut && oldest !== undefined) shut.delete(oldest);
    shut.delete(network);
    shut.set(network, until);
  }

  function requireRoom(network: string): void {
    const left = (shut.get(network) ?? 0) - clock.now();
    if (left > 0) throw refuseFor(left);
    shut.delete(network);
    if ((underWay.get(network) ?? 0) >= maxRefusals) throw refuseFor(lookUpMs);
  }

  function add(network: string, change: 1 | -1): void {
    const now = (underWay.get(network) ?? 0) + change;
    if (now > 0) underWay.set(network, now);
    else underWay.delete(network);
  }

  return {
    async countRefusal(address) {
      const refused = await count(address);
      if (refused) throw refuse(refused);
    },
    async countNewcomer(address) {
      const refused = await count(address);
      if (refused && networkOf(address) !== undefined) throw refuse(refused);
    },
    lookUp(address) {
      const network = limits.enabled ? networkOf(address) : undefined;
      return (load) => {
        if (network === undefined) return load();
        requireRoom(network);
        add(network, 1);
        return load().finally(() => add(network, -1));
      };
    },
  };
}

function refuseFor(retryMs: number): AppError {
  return refuse({ allowed: false, used: maxRefusals, resetMs: retryMs, retryMs });
}
