import type { Clock, Logger } from "../../core/ports.ts";
import { reasonOf } from "./reason.ts";

const logEveryMs = 1000;

/** Says at most once a second that Redis did not answer, and what is done in its place. */
export function createFallbackLog(
  clock: Clock,
  logger: Logger,
  text: string,
): (error: unknown) => void {
  let quietUntil = -Infinity;
  return (error) => {
    if (clock.now() < quietUntil) return;
    quietUntil = clock.now() + logEveryMs;
    logger.warn({ reason: reasonOf(error) }, text);
  };
}
