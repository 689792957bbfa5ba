import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { nameRecord, recordFolder } from "./folder.ts";

/** What a process prints, kept for the search at the end of the run. */
export interface OutputRecord {
  /** None where nothing is kept. */
  readonly files: readonly string[];
  add(part: string | Uint8Array): void;
}

/** @param name of the process, for its file */
export function openOutputRecord(name: string): OutputRecord {
  const folder = recordFolder();
  if (folder === undefined) return { files: [], add: () => undefined };
  const file = join(folder, nameRecord(`${name}.log`));
  appendFileSync(file, "");
  return { files: [file], add: (part) => appendFileSync(file, part) };
}

/** How processes log in a run whose output is searched: all there is, an object a line. */
export function recordedLogging(): Record<string, string> {
  return recordFolder() === undefined
    ? {}
    : { LOG_LEVEL: "debug", ENABLE_STRUCTURED_LOGGING: "true" };
}
