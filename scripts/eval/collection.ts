import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Entry {
  readonly id: string;
  readonly text: string;
}

/** Texts, questions, and who has judged which texts to be relevant to which question. */
export interface Collection {
  readonly documents: readonly Entry[];
  /** Those with a judgement. */
  readonly questions: readonly (Entry & { readonly relevant: ReadonlySet<string> })[];
}

/**
 * Reads a folder with `docs.jsonl` and `queries.jsonl`, both `{"id": …, "text": …}` a line, and `qrels.tsv`, a question's id
 * and a relevant document's a line, with a tab between.
 */
export async function readCollection(folder: string): Promise<Collection> {
  const read = async (name: string) =>
    (await readFile(join(folder, name), "utf8")).split("\n").filter((line) => line.trim() !== "");
  const [documents, questions, judgements] = await Promise.all([
    read("docs.jsonl"),
    read("queries.jsonl"),
    read("qrels.tsv"),
  ]);
  const relevant = new Map<string, Set<string>>();
  for (const line of judgements) {
    const [question = "", document = ""] = line.split("\t");
    relevant.set(question, (relevant.get(question) ?? new Set()).add(document.trim()));
  }
  return {
    documents: documents.map(parseEntry),
    questions: questions.map(parseEntry).flatMap((entry) => {
      const judged = relevant.get(entry.id);
      return judged ? [{ ...entry, relevant: judged }] : [];
    }),
  };
}

function parseEntry(line: string): Entry {
  const entry: unknown = JSON.parse(line);
  if (typeof entry === "object" && entry !== null && "id" in entry && "text" in entry)
    return { id: String(entry.id), text: String(entry.text) };
  throw new Error(`Not an entry with id and text: ${line.slice(0, 80)}`);
}
