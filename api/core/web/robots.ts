import type { Clock } from "../ports.ts";
import type { HostTurns } from "./host-turns.ts";
import { allAllowed, parseRobots, type RobotsRules } from "./robots-rules.ts";
import { WebFetchError, type WebFetcher } from "./web-fetcher.ts";

export interface RobotsDeps {
  readonly fetcher: WebFetcher;
  readonly turns: HostTurns;
  readonly clock: Clock;
}

/** What the robots.txt of hosts say, kept for a while. */
export interface Robots {
  /**
   * A host without a robots.txt allows all. @throws WebFetchError when it is unknown for now what is allowed: then
   * nothing is (RFC 9309, 2.3.1.4)
   */
  rulesAt(url: string, signal: AbortSignal): Promise<RobotsRules>;
}

const freshMs = 10 * 60_000;
const maxHosts = 500;
/** Of all that is kept. */
const maxKeptBytes = 16 * 1024 * 1024;
/** What readers must take at least (RFC 9309, 2.5). */
const maxBytes = 500 * 1024;

export function createRobots({ fetcher, turns, clock }: RobotsDeps): Robots {
  const known = new Map<string, { readonly rules: RobotsRules; readonly at: number }>();

  let keptBytes = 0;
  function forget(origin: string): void {
    keptBytes -= known.get(origin)?.rules.size ?? 0;
    known.delete(origin);
  }

  async function read(origin: string, signal: AbortSignal): Promise<RobotsRules> {
    const request = { url: `${origin}/robots.txt`, accept: "text/plain, */*;q=0.1", maxBytes };
    try {
      const { body } = await turns.run(origin, undefined, signal, () =>
        fetcher.fetch(request, signal),
      );
      return parseRobots(new TextDecoder().decode(body));
    } catch (error) {
      if (!(error instanceof WebFetchError)) throw error;
      const { status } = error;
      const isAbsent = status !== undefined && status >= 400 && status < 500 && status !== 429;
      if (isAbsent) return allAllowed;
      throw error;
    }
  }

  return {
    async rulesAt(url, signal) {
      const { origin } = new URL(url);
      const kept = known.get(origin);
      if (kept && clock.now() - kept.at < freshMs) return kept.rules;
      const rules = await read(origin, signal);
      forget(origin);
      known.set(origin, { rules, at: clock.now() });
      keptBytes += rules.size;
      for (const oldest of known.keys()) {
        if (known.size <= maxHosts && keptBytes <= maxKeptBytes) break;
        forget(oldest);
      }
      return rules;
    },
  };
}
