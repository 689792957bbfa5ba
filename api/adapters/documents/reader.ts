// The program that reads and splits one document: its task on the command line, the bytes on the input, the
// answer on the output (see reader-task.ts). Started by run-reader.ts.
import { Console } from "node:console";
import { buffer } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { splitDocument } from "../../core/documents/passages.ts";
import { AppError } from "../../core/errors.ts";
import { readTask, readySign, tellDocument, tellError, type ReaderTask } from "./reader-task.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

type Read = (input: ReadInput) => ParsedDocument | Promise<ParsedDocument>;

const task = readTask(process.argv[2] ?? "");
// Ctrl+C in a terminal goes to us as well; the server that started us decides what becomes of us.
process.on("SIGINT", () => {});
const { memory, time } = task.limits;
new Worker(new URL("./reader-watch.ts", import.meta.url), {
  workerData: { memory, time, parent: process.ppid },
}).unref();
// Libraries warn on what is our answer's way.
globalThis.console = new Console(process.stderr, process.stderr);
const read = await openFormat(task);
process.stdout.write(readySign);
process.stdout.write(await answer());

async function answer(): Promise<string> {
  const { charset, limits } = task;
  try {
    const parsed = await read({ bytes: await buffer(process.stdin), charset, limits });
    return tellDocument(splitDocument(parsed));
  } catch (error) {
    if (error instanceof AppError) return tellError(error);
    throw error;
  }
}

/** Loads only the libraries that the format needs. */
async function openFormat({ type }: ReaderTask): Promise<Read> {
  switch (type) {
    case "text/html":
      return (await import("./html.ts")).readHtml;
    case "application/pdf":
      return (await import("./pdf.ts")).readPdf;
    case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
      return (await import("./docx.ts")).readDocx;
    case "text/csv":
      return (await import("./csv.ts")).readCsv;
    case "application/json":
      return (await import("./json.ts")).readJson;
    case "application/x-ndjson":
      return (await import("./json.ts")).readJsonLines;
    case "text/markdown":
    case "text/plain":
      return (await import("./plain-text.ts")).readPlainText;
  }
}
