import { pino, type LoggerOptions } from "pino";
import { hideSecrets } from "../../core/access/secret-forms.ts";
import { describeError } from "../../core/describe-error.ts";
import type { Logger } from "../../core/ports.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Query parameters and headers that may carry a secret never get as far as here; this is the second look. */
const redact = ["token", "*.token", "authorization", "*.authorization", "headers", "*.headers"];

/**
 * What is written of a line's fields: of an error its description alone, since errors carry the values that they
 * were about.
 */
export function lineOptions(level: LogLevel): LoggerOptions {
  return { level, base: null, redact, serializers: { err: describeError } };
}

/**
 * @param structured one JSON object a line (ENABLE_STRUCTURED_LOGGING); else lines for people.
 */
export function createLogger(options: { level: LogLevel; structured: boolean }): Logger {
  const base: LoggerOptions = {
    ...lineOptions(options.level),
    timestamp: pino.stdTimeFunctions.isoTime,
    // The third look, at the finished line.
    hooks: { streamWrite: hideSecrets },
  };
  if (options.structured) return pino(base, pino.destination({ dest: 1, sync: true }));
  const target = {
    target: "pino-pretty",
    options: { translateTime: "HH:MM:ss", ignore: "pid,hostname", singleLine: true },
  };
  return pino({ ...base, timestamp: pino.stdTimeFunctions.epochTime, transport: target });
}
