import type { Clock, Logger } from "../core/ports.ts";

const pauseMs = 60_000;

/** Says, once a minute at most, that a proxy seems to stand before the server which isn't named. */
export function createProxyWarning(clock: Clock, logger: Logger): (peer: string) => void {
  let silentUntil = -Infinity;
  return (peer) => {
    const now = clock.now();
    if (now < silentUntil) return;
    silentUntil = now + pauseMs;
    logger.warn(
      { peer },
      "X-Forwarded-For came from a private address that is no trusted proxy, so all its callers count as one: set TRUSTED_PROXIES if a proxy of yours is there",
    );
  };
}
