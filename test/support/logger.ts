import type { Logger } from "../../api/core/ports.ts";
import { sharedRecordLogger } from "./record/parts.ts";

export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly text: string;
}

/** Keeps what is logged for a test to look at, and for the search at the end of the run. */
export function createRecordingLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const record = sharedRecordLogger();
  const keep = (level: keyof Logger) => (fields: object, text: string) => {
    lines.push({ level, fields, text });
    record?.[level](fields, text);
  };
  return {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    lines,
  };
}
