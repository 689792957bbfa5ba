import {
  ExternalHyperlink,
  FootnoteReferenceRun,
  HeadingLevel,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
} from "docx";
import { expect, it } from "vitest";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { docxType, makeDocx, rewriteDocx } from "../../support/make-docx.ts";
import { parse } from "./read.ts";

const heading = (text: string, level: 1 | 2) =>
  new Paragraph({ text, heading: HeadingLevel[`HEADING_${level}`] });

function table(rows: readonly (readonly string[])[]): Table {
  const cell = (text: string) => new TableCell({ children: [new Paragraph(text)] });
  return new Table({ rows: rows.map((cells) => new TableRow({ children: cells.map(cell) })) });
}

it("of a Word document headings, lists, tables, notes, links' words, title and language are kept", async () => {
  const bytes = await makeDocx(
    [
      heading("Holidays", 1),
      new Paragraph({
        children: [
          new TextRun("Thirty days"),
          new FootnoteReferenceRun(1),
          new TextRun(", see "),
          new ExternalHyperlink({ link: "https://example.com", children: [new TextRun("here")] }),
        ],
      }),
      heading("Rules", 2),
      new Paragraph({ text: "ask first", bullet: { level: 0 } }),
      new Paragraph({ text: "in writing", bullet: { level: 1 } }),
      table([
        ["Year", "Days"],
        ["2026", "30"],
      ]),
    ],
    {
      title: "Handbook & more",
      footnotes: { 1: { children: [new Paragraph("Part time: fewer.")] } },
      styles: { default: { document: { run: { language: { value: "de-DE" } } } } },
    },
  );
  const { text, title, language, pages } = await parse(bytes, docxType);
  expect({ title, language, pages }).toEqual({
    title: "Handbook & more",
    language: "de",
    pages: [],
  });
  expect(text).toBe(
    "# Holidays\n\nThirty days[1], see here\n\n## Rules\n\n- ask first\n  - in writing\n\n| Year | Days |\n| --- | --- |\n| 2026 | 30 |\n\n1. Part time: fewer.",
  );
});

it("a large Word document is read whole", async () => {
  const children = Array.from({ length: 1000 }, (_, i) => [
    heading(`Chapter ${i}`, 1),
    new Paragraph(`Chapter ${i} is about holidays and leave. `.repeat(12)),
  ]);
  const { text } = await parse(await makeDocx(children.flat()), docxType);
  const headings = splitPassages(text).map((passage) => passage.heading);
  expect(new Set(headings).size).toBe(1000);
  expect(text).toMatch(/Chapter 999 is about holidays and leave\.$/);
});

it("a Word document that declares entities is refused", async () => {
  const bytes = await makeDocx([new Paragraph("Hello")]);
  const levels = Array.from(
    { length: 30 },
    (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`,
  );
  const bomb = rewriteDocx(bytes, (xml) =>
    xml
      .replace("?>", `?><!DOCTYPE x [<!ENTITY e0 "boom">${levels.join("")}]>`)
      .replace("Hello", "&e30;"),
  );
  await expect(parse(bomb, docxType)).rejects.toMatchObject({
    code: "INVALID_DOCUMENT",
    message: "The document holds a document type declaration, in word/document.xml",
  });
});
