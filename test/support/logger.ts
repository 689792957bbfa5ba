import type { Logger } from "../../api/core/ports.ts";

export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly text: string;
}

/** Keeps what is logged for a test to look at. */
export function createRecordingLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: keyof Logger) => (fields: object, text: string) =>
    void lines.push({ level, fields, text });
  return {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    lines,
  };
}
