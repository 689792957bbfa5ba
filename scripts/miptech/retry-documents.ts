import { RefusedError } from "./api.ts";
import { wrong } from "./command-line.ts";
import type { CommandContext, RunCommand } from "./context.ts";
import {
  createDocumentClient,
  type DocumentClient,
  type RemoteDocument,
} from "./document-client.ts";
import { describeState, eachNamed, followDocument } from "./document-state.ts";
import { countOf } from "./output.ts";

/** Documents that `--all` takes in one go. */
const mostDocuments = 1000;

export const retryDocuments: RunCommand = async (context) => {
  const { line, api, output } = context;
  const { all = false, limit } = line.options;
  const client = createDocumentClient(api);
  if (all) return retryFailed(context, client, readLimit(limit));
  if (limit !== undefined) throw wrong("documents retry: --limit goes with --all");
  const results = await eachNamed(client, line.operands, output, async ({ id }) =>
    followDocument(context, client, await client.retry(id)),
  );
  return results.every(({ ingestion }) => ingestion?.state === "complete");
};

/**
 * All are queued before the first is waited for: the server reads several at once. One that is deleted meanwhile is
 * passed over.
 */
async function retryFailed(
  context: CommandContext,
  client: DocumentClient,
  limit: number,
): Promise<boolean> {
  const { output } = context;
  const failed = (await client.list()).filter(({ ingestion }) => ingestion.state === "failed");
  const taken = failed.slice(0, limit);
  output.say(countOf(failed.length, "failed document"));
  const queued: RemoteDocument[] = [];
  for (const { id } of taken) {
    const one = await retryOne(client, id);
    if (one) queued.push(one);
  }
  const ended: RemoteDocument[] = [];
  for (const document of queued) {
    const last = await followDocument(context, client, document);
    ended.push(last);
    const why = last.ingestion.error?.message;
    output.say(`${describeState(last)}  ${last.source}${why ? `: ${why}` : ""}`);
  }
  const complete = ended.filter(({ ingestion }) => ingestion.state === "complete").length;
  const left = failed.length - taken.length;
  const rest = left > 0 ? [`${left} left for another go`] : [];
  const counts = [`${complete} complete`, `${ended.length - complete} failed`, ...rest];
  output.say(counts.join(", "));
  output.give(ended);
  return complete === ended.length && left === 0;
}

/** Undefined where it was deleted meanwhile. */
async function retryOne(client: DocumentClient, id: string): Promise<RemoteDocument | undefined> {
  try {
    return await client.retry(id);
  } catch (error) {
    if (error instanceof RefusedError && error.code === "DOCUMENT_NOT_FOUND") return undefined;
    throw error;
  }
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return mostDocuments;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostDocuments) return limit;
  throw wrong(`--limit: 1 to ${mostDocuments} is expected`);
}
