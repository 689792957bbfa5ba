import { pino } from "pino";
import { lineOptions } from "../../../api/adapters/pino/logger.ts";
import type { Logger } from "../../../api/core/ports.ts";

export interface RecordLogger {
  readonly logger: Logger;
  /** Every line is in the file by then. */
  close(): void;
}

/**
 * Logs at debug level into a file as the platform would, but for its last look at finished lines: what that would take
 * out must not come so far.
 */
export function openRecordLogger(path: string): RecordLogger {
  const destination = pino.destination({ dest: path, sync: true });
  return { logger: pino(lineOptions("debug"), destination), close: () => destination.end() };
}

/** Logs to both. */
export function teeLogger(one: Logger, other: Logger): Logger {
  const toBoth = (level: keyof Logger) => (fields: object, text: string) => {
    one[level](fields, text);
    other[level](fields, text);
  };
  return {
    debug: toBoth("debug"),
    info: toBoth("info"),
    warn: toBoth("warn"),
    error: toBoth("error"),
  };
}
