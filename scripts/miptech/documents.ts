import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { platformPrefix } from "../platform-prefix.ts";
import { RefusedError, type AdminClient } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import type { CommandLine } from "./command-line.ts";
import { findTextFiles, isFolder, type TextFile } from "./text-files.ts";

/** Prints a line of a result. */
export type Say = (line: string) => void;

type Count = Record<"created" | "replaced" | "unchanged" | "failed", number>;

/**
 * Uploads the files, one after another; one that is refused doesn't hold up the others.
 * @returns whether all went well.
 */
export async function addDocuments(
  client: AdminClient,
  { operands, prefix, prune }: Pick<CommandLine, "operands" | "prefix" | "prune">,
  workingDir: string,
  say: Say,
): Promise<boolean> {
  const files = findTextFiles(workingDir, operands);
  const lone = operands.find((path) => !isFolder(resolve(workingDir, path), path));
  if (prune && lone) throw new CommandError(`--prune takes folders, and ${lone} is a file`, 2);
  const count: Count = { created: 0, replaced: 0, unchanged: 0, failed: 0 };
  const sources = new Set<string>();
  for (const file of files) {
    const source = prefix + file.source;
    sources.add(source);
    const { outcome, why } = await addOne(client, source, file);
    count[outcome] += 1;
    say(`${outcome.padEnd(9)}  ${source}${why ? `: ${why}` : ""}`);
  }
  const deleted = prune ? await pruneDocuments(client, prefix, sources, say) : 0;
  const parts = Object.entries(count).map(([outcome, number]) => `${number} ${outcome}`);
  say([...parts, ...(prune ? [`${deleted} deleted`] : [])].join(", "));
  return count.failed === 0;
}

async function addOne(
  client: AdminClient,
  source: string,
  { path, mediaType }: TextFile,
): Promise<{ outcome: keyof Count; why?: string }> {
  const text = readOrTell(path);
  if (typeof text === "string") return { outcome: "failed", why: text };
  try {
    return { outcome: (await client.upload(source, text, mediaType)).status };
  } catch (error) {
    if (error instanceof RefusedError) return { outcome: "failed", why: error.message };
    throw error;
  }
}

/** What the server takes, and a byte order mark. Sending more would only break the connection. */
const maxFileBytes = 1024 * 1024 + 3;

/** The file's bytes, or why it can't be sent. */
function readOrTell(path: string): Uint8Array | string {
  try {
    return statSync(path).size > maxFileBytes ? "It is larger than 1 MiB" : readFileSync(path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function pruneDocuments(
  client: AdminClient,
  prefix: string,
  kept: ReadonlySet<string>,
  say: Say,
): Promise<number> {
  let deleted = 0;
  for (const { id, source } of await client.list()) {
    const isOurs = source.startsWith(prefix) && !source.startsWith(platformPrefix);
    if (!isOurs || kept.has(source) || !(await client.remove(id))) continue;
    deleted += 1;
    say(`deleted    ${source}`);
  }
  return deleted;
}

export async function listDocuments(client: AdminClient, say: Say): Promise<void> {
  const documents = await client.list();
  for (const { id, size, source, title } of documents)
    say(`${id}  ${String(size).padStart(7)}  ${source}  ${title}`);
  say(`${documents.length} ${documents.length === 1 ? "document" : "documents"}`);
}

/** @returns whether all were there. */
export async function deleteDocuments(
  client: AdminClient,
  names: readonly string[],
  say: Say,
): Promise<boolean> {
  let missing = 0;
  for (const name of names) {
    const isDeleted = await deleteOne(client, name);
    if (!isDeleted) missing += 1;
    say(`${isDeleted ? "deleted" : "missing"}    ${name}`);
  }
  return missing === 0;
}

/** A name is a source before it is an id: an id can be the source of another document. */
async function deleteOne(client: AdminClient, name: string): Promise<boolean> {
  const found = await client.findSource(name);
  if (found) return client.remove(found.id);
  return /^\w+$/.test(name) && client.remove(name);
}
