/** Each format that is read: its names beside the media type, the endings of its files, and how people call it. */
const formats = {
  "text/markdown": { call: "Markdown", endings: ["md", "markdown"], aliases: ["text/x-markdown"] },
  "text/plain": { call: "plain text", endings: ["txt", "text"], aliases: [] },
  "text/html": {
    call: "HTML",
    endings: ["html", "htm", "xhtml"],
    aliases: ["application/xhtml+xml"],
  },
  "application/pdf": { call: "a PDF", endings: ["pdf"], aliases: ["application/x-pdf"] },
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {
    call: "a Word document",
    endings: ["docx"],
    aliases: [],
  },
  "text/csv": {
    call: "CSV",
    endings: ["csv", "tsv"],
    aliases: ["application/csv", "text/tab-separated-values"],
  },
  "application/json": { call: "JSON", endings: ["json"], aliases: ["text/json"] },
  "application/x-ndjson": {
    call: "JSON Lines",
    endings: ["jsonl", "ndjson"],
    aliases: ["application/jsonl", "application/ndjson", "application/json-lines"],
  },
} as const satisfies Record<
  string,
  { call: string; endings: readonly string[]; aliases: readonly string[] }
>;

export type DocumentMediaType = keyof typeof formats;

/** The media types of the documents that are read. */
export const documentMediaTypes = Object.keys(formats) as readonly DocumentMediaType[];

/** The endings of their files, in lower case and without the dot. */
export const documentEndings: readonly string[] = Object.values(formats).flatMap(
  ({ endings }): readonly string[] => endings,
);

/** `Text/HTML; charset=utf-8`, or another name of the type → `text/html`; undefined for one that isn't read. */
export function readMediaType(given: string): DocumentMediaType | undefined {
  const name = given.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return documentMediaTypes.find(
    (type) => type === name || (formats[type].aliases as readonly string[]).includes(name),
  );
}

/** By the ending of a file's name or of a URL's path; undefined for an unknown ending or none. */
export function guessMediaType(name: string): DocumentMediaType | undefined {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return documentMediaTypes.find((type) =>
    (formats[type].endings as readonly string[]).includes(ending),
  );
}

/** As in "This is Markdown", "This is a PDF". */
export function callFormat(type: DocumentMediaType): string {
  return formats[type].call;
}
