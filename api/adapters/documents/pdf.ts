import { getDocumentProxy } from "unpdf";
import { AppError } from "../../core/errors.ts";
import { finishDocument } from "./finish-document.ts";
import { type Line, toLines } from "./pdf-lines.ts";
import { dropRunningHeads } from "./pdf-running-heads.ts";
import { measureLayout, toParagraphs, writePage } from "./pdf-paragraphs.ts";
import { createTextWriter } from "./text-writer.ts";
import type { PageStart, ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Text by page; larger type becomes headings, and what stands at the edge of every page goes. */
export async function readPdf({ bytes, limits }: ReadInput): Promise<ParsedDocument> {
  const pdf = await openPdf(bytes);
  const drawn = await readPages(pdf, limits.text);
  const layout = measureLayout(drawn);
  const pages = dropRunningHeads(drawn, layout.size);
  const writer = createTextWriter(limits.text);
  const starts: PageStart[] = [];
  for (const [i, lines] of pages.entries()) {
    const start = writePage(writer, toParagraphs(lines, layout));
    if (start !== undefined) starts.push({ page: i + 1, start });
  }
  const { title, language } = await readInfo(pdf);
  return finishDocument(
    writer.finish(),
    { title, language, pages: starts },
    "The PDF has no text, only pictures of it, as scans have: let a program recognise the text first (OCR)",
  );
}

async function openPdf(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(new Uint8Array(bytes), {
      useSystemFonts: false,
      disableFontFace: true,
      // Errors of one page's content leave its other text readable.
      stopAtErrors: false,
      verbosity: 0,
    });
  } catch (cause) {
    if (cause instanceof Error && cause.name === "PasswordException")
      throw new AppError("DOCUMENT_ENCRYPTED", "The PDF opens with a password only", { cause });
    throw new AppError("INVALID_DOCUMENT", "The PDF is damaged: it can't be opened", { cause });
  }
}

/** @param mostText ends the reading of a document whose text is too long anyway. */
async function readPages(pdf: Pdf, mostText: number): Promise<Line[][]> {
  const pages: Line[][] = [];
  let length = 0;
  for (let number = 1; number <= pdf.numPages && length <= mostText; number++) {
    const lines = toLines(await readItems(pdf, number));
    for (const { text } of lines) length += text.length;
    pages.push(lines);
  }
  return pages;
}

async function readItems(pdf: Pdf, number: number) {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    return items.filter((item) => "str" in item);
  } catch (cause) {
    const text = `The PDF is damaged: page ${number} can't be read`;
    throw new AppError("INVALID_DOCUMENT", text, { cause });
  }
}

/** Titles that programs write by themselves. */
const noTitle =
  /^(?:untitled|unbenannt|document\d*|Microsoft (?:Word|PowerPoint) - .*|.*\.(?:docx?|pptx?|indd|tex|dvi|qxd))$/i;

async function readInfo(pdf: Pdf): Promise<{ title?: string; language?: string }> {
  const { info } = await pdf.getMetadata();
  const { Title: title, Language: language } = info as { Title?: unknown; Language?: unknown };
  return {
    ...(typeof title === "string" && !noTitle.test(title.trim()) && { title }),
    ...(typeof language === "string" && { language }),
  };
}
