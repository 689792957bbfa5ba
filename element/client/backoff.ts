/** Milliseconds; no wait is longer. */
const ceiling = 60_000;

/**
 * How long to wait before reconnect attempt `attempt` (from 1): anything from 0 to the base doubled
 * with each attempt ("full jitter"), so that the readers of a server that restarts don't all return at once.
 * @param base milliseconds
 * @param random from 0 to 1
 */
export function backoffDelay(attempt: number, base: number, random: number): number {
  return Math.round(random * Math.min(ceiling, base * 2 ** (attempt - 1)));
}
