import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { Paragraph } from "docx";
import { deflateSpaces } from "../../support/deflate.ts";
import { docxType, inflateDocx, makeDocx, writeLyingDocx } from "../../support/make-docx.ts";
import { makePdf, writePdfPage } from "../../support/make-pdf.ts";
import type { Brought } from "../formats/documents.ts";

const MiB = 1024 * 1024;
const pdf = "application/pdf";
/** What programs say that don't know: then the source's ending tells. */
const unknown = "application/octet-stream";

export interface HostileDocument extends Brought {
  /** The stable code that it is refused or fails with, or `complete`. */
  readonly outcome: string;
  /** Whether most of the server's doors are tried: it takes little to find out. */
  readonly isCheap: boolean;
}

/** What a server must say of each, by what it is called. */
export async function makeHostileDocuments(): Promise<Record<string, HostileDocument>> {
  const docx = await makeDocx([new Paragraph("Hello")]);
  const plain = await makePdf((page) => page.text("Hello"));
  const secret = await makePdf((page) => page.text("Hello"), { userPassword: "secret" });
  const spaces = await deflateSpaces(900);
  const twice = deflateSync(spaces);
  const invalid = new Uint8Array([0x61, 0x2c, 0x62, 0x0a, 0xc3, 0x28, 0x2c, 0xff]);
  const make = (
    source: string,
    mediaType: string,
    bytes: Uint8Array,
    outcome: string,
    isCheap = true,
  ): HostileDocument => ({ source, mediaType, bytes, outcome, isCheap });
  return {
    "a Word document that unpacks to 70 MiB": make(
      "zip-bomb.docx",
      docxType,
      inflateDocx(docx, 70 * MiB),
      "DOCUMENT_TOO_LARGE",
    ),
    "a Word document that lies about its 200 MiB": make(
      "lying.docx",
      docxType,
      writeLyingDocx(docx, 200),
      "INVALID_DOCUMENT",
    ),
    "a PDF that unpacks to 900 MiB": make(
      "flate-bomb.pdf",
      pdf,
      writePdfPage(spaces, "/FlateDecode"),
      "DOCUMENT_TOO_COMPLEX",
      false,
    ),
    "a PDF that unpacks to 900 MiB at the second try": make(
      "flate-bomb-twice.pdf",
      pdf,
      writePdfPage(twice, "[/FlateDecode /FlateDecode]"),
      "DOCUMENT_TOO_COMPLEX",
      false,
    ),
    "a PDF with a password": make("secret.pdf", pdf, secret, "DOCUMENT_ENCRYPTED"),
    "a PDF whose ending is Word's": make("plain.docx", unknown, plain, "INVALID_DOCUMENT"),
    "a Word document whose ending is PDF's": make("word.pdf", unknown, docx, "INVALID_DOCUMENT"),
    "a PDF whose ending is that of a text": make("plain.txt", unknown, plain, "INVALID_DOCUMENT"),
    "an empty text": make("empty.md", "text/markdown", new Uint8Array(), "INVALID_DOCUMENT"),
    "an empty PDF": make("empty.pdf", pdf, new Uint8Array(), "INVALID_DOCUMENT"),
    "a text that isn't UTF-8": make("broken.txt", "text/plain", invalid, "INVALID_DOCUMENT"),
    "HTML that isn't UTF-8": make("broken.html", "text/html", invalid, "INVALID_DOCUMENT"),
    "CSV that isn't UTF-8": make("broken.csv", "text/csv", invalid, "INVALID_DOCUMENT"),
    "JSON that isn't UTF-8": make("broken.json", "application/json", invalid, "INVALID_DOCUMENT"),
  };
}

/** Long enough to be no entry of a glossary, which would be joined with its neighbours. */
const rest = `It is said so ${"again and ".repeat(20)}again.`;

/** In the middle of 10,000 headings one with something under it; under the others there is nothing. */
export function makeHeadings(): readonly Brought[] {
  const encode = (text: string) => new TextEncoder().encode(text);
  const all = Array.from({ length: 10_000 }, (_, n) => n);
  const markdown = all.map(
    (n) => `## Matter ${n}\n${n === 7777 ? `\nNewts are green. ${rest}\n` : ""}`,
  );
  const html = all.map(
    (n) => `<h2>Thing ${n}</h2>${n === 5555 ? `<p>Voles are brown. ${rest}</p>` : ""}`,
  );
  return [
    { source: "matters.md", mediaType: "text/markdown", bytes: encode(markdown.join("\n")) },
    { source: "things.html", mediaType: "text/html", bytes: encode(html.join("\n")) },
  ];
}

/** Ten megabytes that cost most: of sections, each of which might be a passage, and of words, each of which is another. */
export function makeHuge(): readonly Brought[] {
  const size = 10 * MiB;
  const section = "# a\n\nx\n\n## b\n\ny\n\n";
  const hashes = Array.from({ length: Math.floor(size / 33) }, (_, n) =>
    createHash("md5").update(String(n)).digest("hex"),
  );
  const texts = {
    sections: section.repeat(Math.floor(size / section.length)),
    hashes: hashes.join("\n"),
  };
  return Object.entries(texts).map(([name, text]) => ({
    source: `${name}.md`,
    mediaType: "text/markdown",
    bytes: new TextEncoder().encode(text),
  }));
}
