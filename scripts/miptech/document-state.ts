import type { CommandContext, RunCommand } from "./context.ts";
import {
  createDocumentClient,
  type DocumentClient,
  type RemoteDocument,
} from "./document-client.ts";
import { countOf, type Output } from "./output.ts";

/** How often it is asked how far a document is. */
const pollMs = 500;

/** Waits until the newest upload was read, or could not be; says meanwhile how far it is. */
export async function followDocument(
  { output, wait }: Pick<CommandContext, "output" | "wait">,
  client: DocumentClient,
  document: RemoteDocument,
): Promise<RemoteDocument> {
  let last = document;
  for (let said = ""; !isOver(last);) {
    const now = describeState(last);
    if (now !== said) output.say(`${now}  ${last.source}`);
    said = now;
    await wait(pollMs);
    const found = await client.find(last.id);
    if (!found) return last;
    last = found;
  }
  return last;
}

function isOver({ ingestion: { state } }: RemoteDocument): boolean {
  return state === "complete" || state === "failed";
}

/** Such as `parsing      20%`. */
export function describeState({ ingestion: { state, progress } }: RemoteDocument): string {
  return `${state.padEnd(9)}  ${String(progress).padStart(3)}%`;
}

export const showStatus: RunCommand = async ({ line, api, output }) => {
  const client = createDocumentClient(api);
  const results = await eachNamed(client, line.operands, output, async (document) => document);
  return results.every(({ ingestion }) => ingestion && ingestion.state !== "failed");
};

export interface NamedDocument extends Partial<RemoteDocument> {
  readonly name: string;
}

export async function eachNamed(
  client: DocumentClient,
  names: readonly string[],
  output: Output,
  act: (document: RemoteDocument) => Promise<RemoteDocument>,
): Promise<NamedDocument[]> {
  const results: NamedDocument[] = [];
  for (const name of names) {
    // A name is a source before it is an id: an id can be the source of another document.
    const known =
      (await client.findSource(name)) ?? (/^\w+$/.test(name) ? await client.find(name) : undefined);
    const found = known && (await act(known));
    results.push({ name, ...found });
    const why = found?.ingestion.error?.message;
    output.say(
      `${found ? describeState(found) : "missing        "}  ${name}${why ? `: ${why}` : ""}`,
    );
  }
  output.give(results);
  return results;
}

export const searchDocuments: RunCommand = async ({ line, api, output }) => {
  const [question = ""] = line.operands;
  const found = await createDocumentClient(api).search(question, line.options.limit);
  for (const { score, title, heading, text, contributions } of found.passages) {
    const words = contributions.map((one) => `${one.word} ${one.score.toFixed(2)}`).join(", ");
    output.say(`${score.toFixed(2)}  ${[title, heading].filter(Boolean).join(" › ")}  (${words})`);
    output.say(`      ${text.replaceAll(/\s+/g, " ").slice(0, 160)}`);
  }
  output.say(countOf(found.passages.length, "passage"));
  const { degraded = [] } = found;
  if (degraded.length > 0) output.say(`degraded: ${degraded.join(", ")}`);
  output.give(found);
  return true;
};
