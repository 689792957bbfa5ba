import mammoth from "mammoth";
import { AppError } from "../../core/errors.ts";
import { finishDocument } from "./finish-document.ts";
import { writeHtmlBody } from "./html.ts";
import { createTextWriter } from "./text-writer.ts";
import { type Files, unzip, zip } from "./zip.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

/** Beside what mammoth does by itself: the title and the subtitle on a document's first page. */
const styleMap = ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"];

/** Headings, lists, tables, notes and links' text of a Word document; pictures are left out. */
export async function readDocx({ bytes, limits }: ReadInput): Promise<ParsedDocument> {
  // Only what says something: pictures and fonts would cost memory for nothing.
  const files = unzip(bytes, limits.inflated, (name) => /\.(?:xml|rels)$/i.test(name));
  refuseForeign(files);
  const html = await convert(files);
  const writer = createTextWriter(limits.text);
  for (const block of writeHtmlBody(html)) writer.add(block);
  return finishDocument(writer.finish(), {
    title: findElement(files["docProps/core.xml"], "dc:title"),
    language: findElement(files["docProps/core.xml"], "dc:language") ?? findLanguage(files),
  });
}

async function convert(files: Files): Promise<string> {
  const buffer = Buffer.from(zip(files));
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer },
      {
        styleMap,
        includeEmbeddedStyleMap: false,
        externalFileAccess: false,
        convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
      },
    );
    // The arrow that leads back from a note.
    return value.replace(/ ?<a href="#(?:foot|end)note-ref-[^"]*">↑<\/a>/g, "");
  } catch (cause) {
    const text = "The document is damaged: its text can't be read";
    throw new AppError("INVALID_DOCUMENT", text, { cause });
  }
}

/** @throws AppError INVALID_DOCUMENT for other archives, and for XML that declares entities, which no Word document does (ECMA-376, part 2, 8.1.4). */
function refuseForeign(files: Files): void {
  if (!Object.keys(files).some((name) => /^word\/document\d*\.xml$/i.test(name))) {
    throw new AppError("INVALID_DOCUMENT", "The document is an archive, and no Word document");
  }
  for (const [name, bytes] of Object.entries(files)) {
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("<!DOCTYPE")) {
      const text = `The document holds a document type declaration, in ${name}`;
      throw new AppError("INVALID_DOCUMENT", text);
    }
  }
}

/** The words of an element without children; small files alone are looked at. */
function findElement(bytes: Uint8Array | undefined, name: string): string | undefined {
  if (!bytes || bytes.length > 100_000) return undefined;
  const xml = Buffer.from(bytes).toString("utf8");
  const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined || found.trim() === "" ? undefined : decodeEntities(found);
}

/** Of the document's default style. */
function findLanguage(files: Files): string | undefined {
  const styles = files["word/styles.xml"];
  if (!styles) return undefined;
  const head = Buffer.from(styles.subarray(0, 100_000)).toString("utf8");
  return /<w:docDefaults>.*?<w:lang\s[^>]*?w:val="([\w-]+)"/s.exec(head)?.[1];
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decodeEntities(xml: string): string {
  return xml.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name)] ?? String(all);
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}
