import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findingsFile, secretsFile, type Finding, type KnownSecret } from "./folder.ts";

/** What is found by its form. A marker is planted by a test in the words of people: see `plant`. */
const forms: readonly (readonly [kind: string, form: RegExp])[] = [
  ["a JSON Web Token", /\beyJ[\w-]{6,}\.eyJ[\w-]{6,}/],
  ["an API key", /\b[ps]k_[\w-]{43}(?![\w-])/],
  ["a ticket", /\btkt_[\w-]{43}(?![\w-])/],
  ["a model's key", /\bsk-(?:live|proj)-[\w-]{8,}/],
  ["planted words", /\bplanted-[0-9a-f]{24}/],
];

/** Words that are found wherever they are written down. @param name of what they stand for, for people */
export function plant(name: string): string {
  return `${name} planted-${crypto.getRandomValues(Buffer.alloc(12)).toString("hex")}`;
}

/** What in a text of lines must not be there. */
export function searchText(
  file: string,
  text: string,
  secrets: readonly KnownSecret[],
): readonly Finding[] {
  const kinds = new Map(secrets.map((secret) => [secret.text, secret.kind]));
  const findings: Finding[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const found = new Set(forms.flatMap(([kind, form]) => (form.test(line) ? [kind] : [])));
    // Secrets without a form are words of 16 characters or more.
    for (const [word] of line.matchAll(/[\w-]{16,}/g)) {
      const kind = kinds.get(word);
      if (kind !== undefined) found.add(kind);
    }
    for (const kind of found) findings.push({ file, line: index + 1, kind });
  }
  return findings;
}

export interface Searched {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly bytes: number;
}

/**
 * Searches all that a run has kept.
 * @param others files outside the folder, such as a server's log.
 */
export async function searchRecord(
  folder: string,
  others: readonly string[] = [],
): Promise<Searched> {
  const names = await readdir(folder);
  const secrets = await readLines<KnownSecret>(folder, secretsFile, names);
  const findings = [...(await readLines<Finding>(folder, findingsFile, names))];
  const own = names.filter((name) => name !== secretsFile && name !== findingsFile);
  const paths = [...own.map((name) => join(folder, name)), ...others];
  let bytes = 0;
  for (const path of paths) {
    const text = await readFile(path, "utf8");
    bytes += Buffer.byteLength(text);
    findings.push(...searchText(path, text, secrets));
  }
  return { findings, files: paths.length, bytes };
}

async function readLines<Value>(
  folder: string,
  file: string,
  names: readonly string[],
): Promise<readonly Value[]> {
  if (!names.includes(file)) return [];
  const text = await readFile(join(folder, file), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Value);
}
