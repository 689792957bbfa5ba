import { appendFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Names the folder in which a test run keeps what its platforms log and answer. In the environment and not handed over by
 * `provide`: the helpers that start processes are used by commands too, which know nothing of vitest.
 */
const variable = "MIPTECH_TEST_RECORD";

/** Undefined where nothing is kept, as in commands. */
export function recordFolder(): string | undefined {
  return process.env[variable];
}

/** For this process and those that it starts with its environment. @returns what ends it. */
export function setRecordFolder(folder: string): () => void {
  process.env[variable] = folder;
  return () => {
    delete process.env[variable];
  };
}

let count = 0;

/** A name that no other file of the run has, such as `1234-7-rest.log`. */
export function nameRecord(name: string): string {
  count += 1;
  return `${process.pid}-${count}-${name}`;
}

/** A secret of this run that has no form of its own by which it could be found. */
export interface KnownSecret {
  readonly kind: string;
  readonly text: string;
}

export const secretsFile = "secrets.jsonl";
export const findingsFile = "findings.jsonl";

/** Tells the search of a secret that a test has made. */
export function noteSecret(kind: string, text: string): void {
  append(secretsFile, { kind, text } satisfies KnownSecret);
}

/** Where something was found that must not be there; says nothing of what it is. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: string;
}

export function noteFindings(findings: readonly Finding[]): void {
  for (const finding of findings) append(findingsFile, finding);
}

function append(file: string, value: object): void {
  const folder = recordFolder();
  if (folder !== undefined) appendFileSync(join(folder, file), `${JSON.stringify(value)}\n`);
}
