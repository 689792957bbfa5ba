import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { platformPrefix } from "../platform-prefix.ts";
import { RefusedError } from "./api.ts";
import { CommandError } from "./command-error.ts";
import type { CommandContext, RunCommand } from "./context.ts";
import { createDocumentClient, type DocumentClient } from "./document-client.ts";
import { followDocument } from "./document-state.ts";
import { countOf, type Output } from "./output.ts";
import { type DocumentFile, findDocumentFiles, isFolder } from "./document-files.ts";

type Count = Record<"created" | "replaced" | "unchanged" | "failed", number>;

/** What became of one source. */
interface Result {
  readonly source: string;
  readonly status: string;
  readonly error?: string | undefined;
}

/** Uploads the files, one after another; one that is refused doesn't hold up the others. */
export const addDocuments: RunCommand = async (context) => {
  const { line, api, output, workingDir } = context;
  const { prefix = "", prune = false } = line.options;
  const { operands } = line;
  const files = findDocumentFiles(workingDir, operands);
  const lone = operands.find((path) => !isFolder(resolve(workingDir, path), path));
  if (prune && lone) throw new CommandError(`--prune takes folders, and ${lone} is a file`, 2);
  const client = createDocumentClient(api);
  const count: Count = { created: 0, replaced: 0, unchanged: 0, failed: 0 };
  const results: Result[] = [];
  for (const file of files) {
    const source = prefix + file.source;
    const { outcome, why } = await addOne(context, client, source, file);
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
  context: CommandContext,
  client: DocumentClient,
  source: string,
  { path, mediaType }: DocumentFile,
): Promise<{ outcome: keyof Count; why?: string }> {
  const bytes = readOrTell(path, context.maxDocumentBytes);
  if (typeof bytes === "string") return { outcome: "failed", why: bytes };
  try {
    const { status, ...document } = await client.upload(source, bytes, mediaType);
    const { ingestion } = await followDocument(context, client, document);
    const { state, error } = ingestion;
    return state === "failed"
      ? { outcome: "failed", why: error?.message ?? state }
      : { outcome: status };
  } catch (error) {
    if (error instanceof RefusedError) return { outcome: "failed", why: error.message };
    throw error;
  }
}

/** The file's bytes, or why it can't be sent. Sending more than the server takes would only break the connection. */
function readOrTell(path: string, maxBytes: number): Uint8Array | string {
  try {
    return statSync(path).size > maxBytes
      ? `It is larger than ${maxBytes} bytes`
      : readFileSync(path);
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
