import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../../api/core/ports.ts";
import { nameRecord, recordFolder } from "./folder.ts";
import { openRecordLogger } from "./logger.ts";

/** Of all that is no whole platform: files that one process of the run shares. */
interface Parts {
  readonly logger: Logger;
  readonly answers: string;
}

let parts: Parts | undefined;

function openParts(): Parts | undefined {
  const folder = recordFolder();
  if (folder === undefined) return undefined;
  parts ??= {
    logger: openRecordLogger(join(folder, nameRecord("parts.log"))).logger,
    answers: join(folder, nameRecord("parts.answers")),
  };
  return parts;
}

/** Undefined where nothing is kept. */
export function sharedRecordLogger(): Logger | undefined {
  return openParts()?.logger;
}

/** Keeps what a part has answered. */
export function noteAnswer(text: string): void {
  const opened = openParts();
  if (opened) appendFileSync(opened.answers, `${text}\n`);
}
