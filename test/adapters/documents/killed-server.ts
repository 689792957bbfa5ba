// A server that is about to be killed while it reads a document; tells the reader's process id.
import { createDocumentParser } from "../../../api/adapters/documents/parser.ts";
import { startReader } from "../../../api/adapters/documents/start-reader.ts";
import { writeEndlessPdf } from "../../support/make-pdf.ts";

const parser = createDocumentParser({}, (task) => {
  const child = startReader(task);
  child.stdout.once("data", () => console.log(child.pid));
  return child;
});
const signal = new AbortController().signal;
await parser.parse(writeEndlessPdf(), "application/pdf", signal);
