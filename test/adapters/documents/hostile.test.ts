import { deflateSync } from "node:zlib";
import { Paragraph } from "docx";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { deflateSpaces } from "../../support/deflate.ts";
import type { ParserLimits } from "../../../api/adapters/documents/limits.ts";
import {
  docxType,
  inflateDocx,
  makeDocx,
  rewriteDocx,
  writeLyingDocx,
} from "../../support/make-docx.ts";
import { makePdf, writePdf, writePdfPage } from "../../support/make-pdf.ts";
import { listChildren, parse } from "./read.ts";

const MiB = 1024 * 1024;
const pdf = "application/pdf";
let docx: Uint8Array;

beforeAll(async () => {
  docx = await makeDocx([new Paragraph("Hello")]);
});

afterEach(async () => {
  // A promise that has settled has left no process behind.
  expect(await listChildren()).toEqual([]);
});

async function refuse(
  given: string | Uint8Array,
  type: string,
  code: string,
  limits: Partial<ParserLimits> = {},
): Promise<string> {
  const error: unknown = await parse(given, type, limits).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "AppError", code });
  return (error as Error).message;
}

describe("what unpacks to too much", () => {
  it("in a Word document is told by what it says of itself", async () => {
    const bomb = inflateDocx(docx, 70 * MiB);
    expect(bomb.length).toBeLessThan(MiB);
    expect(await refuse(bomb, docxType, "DOCUMENT_TOO_LARGE")).toContain("67108864 bytes");
  });

  it("in a Word document that lies about it is unpacked no further than it says", async () => {
    const bomb = writeLyingDocx(docx, 500);
    // Unpacked, it would be told to need too much memory.
    await refuse(bomb, docxType, "INVALID_DOCUMENT", { memory: 300 * MiB });
  });

  it("in a Word document of many small paragraphs ends at the memory that a document is given", async () => {
    const bomb = rewriteDocx(docx, (xml) =>
      xml.replace("<w:body>", `<w:body>${"<w:p><w:r><w:t>x</w:t></w:r></w:p>".repeat(1_000_000)}`),
    );
    await refuse(bomb, docxType, "DOCUMENT_TOO_COMPLEX", { memory: 300 * MiB });
  });

  it("in a PDF ends at the memory, packed once or twice, and this process grows by none of it", async () => {
    const packed = await deflateSpaces(1000);
    const before = process.memoryUsage.rss();
    const limits = { memory: 300 * MiB };
    await refuse(writePdfPage(packed, "/FlateDecode"), pdf, "DOCUMENT_TOO_COMPLEX", limits);
    const twice = writePdfPage(deflateSync(packed), "[/FlateDecode /FlateDecode]");
    await refuse(twice, pdf, "DOCUMENT_TOO_COMPLEX", limits);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MiB);
  });
});

describe("what is nested too deeply, or in a circle", () => {
  it.each([
    ["HTML of 100,000 elements in one another", "<div>".repeat(100_000), "text/html"],
    ["HTML of 5,000 tables in one another", "<table><tr><td>x".repeat(5000), "text/html"],
    ["HTML of a million breaks", `a${"<br>".repeat(1_000_000)}b`, "text/html"],
    ["HTML of 600,000 attributes", `<p ${"a=1 ".repeat(600_000)}>x`, "text/html"],
    ["JSON of lists", "[".repeat(1_000_000) + "]".repeat(1_000_000), "application/json"],
    ["JSON of objects", '{"a":'.repeat(5000) + "1" + "}".repeat(5000), "application/json"],
  ])("as %s is told to be too complex", async (_, text, type) => {
    expect(await refuse(text, type, "DOCUMENT_TOO_COMPLEX")).toMatch(
      /nested deeper than \d+ levels|more than 500000 parts/,
    );
  });

  it("as HTML that is deep, but not too deep, is read", async () => {
    const tables = "<table><tr><td>x".repeat(165);
    expect((await parse(tables, "text/html")).text.match(/x/g)).toHaveLength(165);
    const lists = "<ul><li>x".repeat(250);
    expect((await parse(lists, "text/html")).text.match(/x/g)).toHaveLength(250);
  });

  it("as the pages of a PDF that lead to themselves is told to be damaged", async () => {
    const circle = writePdf([
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 /Parent 2 0 R >>",
      "<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
    ]);
    await refuse(circle, pdf, "INVALID_DOCUMENT");
  });
});

describe("what is not what it says", () => {
  it.each([
    [
      "text/plain",
      "The document is a PDF, though its media type or its ending says that it is plain text",
    ],
    ["text/csv", "The document is a PDF, though its media type or its ending says that it is CSV"],
    [
      docxType,
      "The document is a PDF, though its media type or its ending says that it is a Word document",
    ],
  ])("a PDF as %s is told what it is", async (type, message) => {
    const bytes = await makePdf((page) => page.text("Hello"));
    expect(await refuse(bytes, type, "INVALID_DOCUMENT")).toBe(message);
  });

  it("a Word document as a PDF, another archive as a Word document, and text as either", async () => {
    expect(await refuse(docx, pdf, "INVALID_DOCUMENT")).toMatch(
      /is a Word document or another ZIP/,
    );
    const archive = rewriteDocx(docx, (xml) => xml);
    const other = Buffer.from(archive)
      .toString("latin1")
      .replaceAll("word/document", "word/documemt");
    expect(await refuse(Buffer.from(other, "latin1"), docxType, "INVALID_DOCUMENT")).toContain(
      "no Word document",
    );
    expect(await refuse("Hello", pdf, "INVALID_DOCUMENT")).toContain("is not a PDF");
    expect(await refuse("Hello", docxType, "INVALID_DOCUMENT")).toContain("is not a Word document");
  });

  it("a Word document with a password is told to have one, and an old one to be old", async () => {
    const ole = Buffer.from("d0cf11e0a1b11ae1".padEnd(1024, "0"), "hex");
    const name = Buffer.from("EncryptedPackage", "utf16le");
    await refuse(Buffer.concat([ole, name]), docxType, "DOCUMENT_ENCRYPTED");
    expect(await refuse(ole, docxType, "INVALID_DOCUMENT")).toContain(".doc");
  });

  it("a Word document that is cut", async () => {
    await refuse(docx.slice(0, docx.length / 2), docxType, "INVALID_DOCUMENT");
  });

  it("an unknown media type", async () => {
    await refuse("x", "image/png", "UNSUPPORTED_MEDIA_TYPE");
  });

  it.each([
    "text/plain",
    "text/markdown",
    "text/html",
    "text/csv",
    "application/json",
    "application/x-ndjson",
  ])("%s that isn't UTF-8, holds NUL, or is empty", async (type) => {
    const invalid = Buffer.from([0x5b, 0x22, 0x61, 0xff, 0x22, 0x5d]);
    expect(await refuse(invalid, type, "INVALID_DOCUMENT")).toBe("The document is not valid UTF-8");
    expect(await refuse('["a\0"]', type, "INVALID_DOCUMENT")).toContain("NUL");
    expect(await refuse("", type, "INVALID_DOCUMENT")).toBe("The document is empty");
  });
});

describe("what is too long", () => {
  it("as text is refused, and what is just short enough is taken", async () => {
    const text = "word ".repeat(2 * MiB);
    await refuse(`${text}more`, "text/plain", "DOCUMENT_TOO_LARGE");
    expect((await parse(text, "text/plain")).text).toHaveLength(10 * MiB);
  });

  it("as one CSV cell is refused, and what is just short enough is taken", async () => {
    const cell = "x".repeat(10 * MiB);
    await refuse(`a\n"${cell}"\n`, "text/csv", "DOCUMENT_TOO_LARGE");
    expect((await parse(`a\n"${cell.slice(3)}"\n`, "text/csv")).text).toHaveLength(10 * MiB);
  });

  it("as values under a long name, which would be repeated with each", async () => {
    const text = `${"h".repeat(1_000_000)},b\n${"1,2\n".repeat(100_000)}`;
    await refuse(text, "text/csv", "DOCUMENT_TOO_LARGE");
  });
});
