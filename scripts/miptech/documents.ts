import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { platformPrefix } from "../platform-prefix.ts";
import { RefusedError } from "./api.ts";
import { CommandError } from "./command-error.ts";
import type { RunCommand } from "./context.ts";
import { createDocumentClient, type DocumentClient } from "./document-client.ts";
import { countOf, type Output } from "./output.ts";
import { findTextFiles, isFolder, type TextFile } from "./text-files.ts";

type Count = Record<"created" | "replaced" | "unchanged" | "failed", number>;

/** What became of one source. */
interface Result {
  readonly source: string;
  readonly status: string;
  readonly error?: string | undefined;
}

/** Uploads the files, one after another; one that is refused doesn't hold up the others. */
export const addDocuments: RunCommand = async ({ line, api, output, workingDir }) => {
  const { prefix = "", prune = false } = line.options;
  const { operands } = line;
  const files = findTextFiles(workingDir, operands);
  const lone = operands.find((path) => !isFolder(resolve(workingDir, path), path));
  if (prune && lone) throw new CommandError(`--prune takes folders, and ${lone} is a file`, 2);
  const client = createDocumentClient(api);
  const count: Count = { created: 0, replaced: 0, unchanged: 0, failed: 0 };
  const results: Result[] = [];
  for (const file of files) {
    const source = prefix + file.source;
    const { outcome, why } = await addOne(client, source, file);
    count[outcome] += 1;
    results.push({ source, status: outcome, error: why });
    output.say(`${outcome.padEnd(9)}  ${source}${why ? `: ${why}` : ""}`);
  }
  const kept = new Set(results.map(({ source }) => source));
  const deleted = prune ? await pruneDocuments(client, prefix, kept, output) : [];
  const parts = Object.entries(count).map(([outcome, number]) => `${number} ${outcome}`);
  output.say([...parts, ...(prune ? [`${deleted.length} deleted`] : [])].join(", "));
  output.give([...results, ...deleted]);
  return count.failed === 0;
};

async function addOne(
  client: DocumentClient,
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
  client: DocumentClient,
  prefix: string,
  kept: ReadonlySet<string>,
  output: Output,
): Promise<Result[]> {
  const deleted: Result[] = [];
  for (const { id, source } of await client.list()) {
    const isOurs = source.startsWith(prefix) && !source.startsWith(platformPrefix);
    if (!isOurs || kept.has(source) || !(await client.remove(id))) continue;
    deleted.push({ source, status: "deleted" });
    output.say(`deleted    ${source}`);
  }
  return deleted;
}

export const listDocuments: RunCommand = async ({ api, output }) => {
  const documents = await createDocumentClient(api).list();
  for (const { id, size, source, title } of documents)
    output.say(`${id}  ${String(size).padStart(7)}  ${source}  ${title}`);
  output.say(countOf(documents.length, "document"));
  output.give(documents);
  return true;
};

export const deleteDocuments: RunCommand = async ({ line, api, output }) => {
  const client = createDocumentClient(api);
  const results: Result[] = [];
  for (const source of line.operands) {
    const status = (await deleteOne(client, source)) ? "deleted" : "missing";
    results.push({ source, status });
    output.say(`${status}    ${source}`);
  }
  output.give(results);
  return results.every(({ status }) => status === "deleted");
};

/** A name is a source before it is an id: an id can be the source of another document. */
async function deleteOne(client: DocumentClient, name: string): Promise<boolean> {
  const found = await client.findSource(name);
  if (found) return client.remove(found.id);
  return /^\w+$/.test(name) && client.remove(name);
}
