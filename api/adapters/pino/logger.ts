import { pino } from "pino";
import type { Logger } from "../../core/ports.ts";

/** Query parameters and headers that may carry a secret never get as far as here; this is the second look. */
const redact = ["token", "*.token", "authorization", "*.authorization", "headers", "*.headers"];

/**
 * @param structured one JSON object a line (ENABLE_STRUCTURED_LOGGING); else lines for people.
 */
export function createLogger(options: {
  level: "debug" | "info" | "warn" | "error";
  structured: boolean;
}): Logger {
  const base = {
    level: options.level,
    base: null,
    redact,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (options.structured) return pino(base, pino.destination({ dest: 1, sync: true }));
  const target = {
    target: "pino-pretty",
    options: { translateTime: "HH:MM:ss", ignore: "pid,hostname", singleLine: true },
  };
  return pino({ ...base, timestamp: pino.stdTimeFunctions.epochTime, transport: target });
}
