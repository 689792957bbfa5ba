import { describe, expect, it } from "vitest";
import { readPdf } from "../../../api/adapters/documents/pdf.ts";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { makePdf } from "../../support/make-pdf.ts";
import { parse, toInput } from "./read.ts";

describe("of a PDF", () => {
  it("the text is kept with its headings, title, language and pages", async () => {
    const bytes = await makePdf(
      (pdf) => {
        pdf.fontSize(24).text("The Handbook").moveDown().fontSize(11);
        pdf.text("Holidays are thirty days a year, whatever the contract says. ".repeat(6));
        pdf.moveDown().fontSize(16).text("Sick leave").fontSize(11);
        pdf
          .text("Call your manager before nine.")
          .moveDown()
          .text("• by telephone")
          .text("• by mail");
        pdf.addPage().text("Parking is behind the house.");
      },
      { info: { Title: "Handbook 2026" }, lang: "en-GB" },
    );
    const { text, title, language, pages } = await parse(bytes, "application/pdf");
    expect({ title, language }).toEqual({ title: "Handbook 2026", language: "en" });
    expect(text).toBe(
      `# The Handbook\n\n${"Holidays are thirty days a year, whatever the contract says. ".repeat(6).trim()}\n\n## Sick leave\n\nCall your manager before nine.\n\n- by telephone\n\n- by mail\n\nParking is behind the house.`,
    );
    expect(pages).toEqual([
      { page: 1, start: 0 },
      { page: 2, start: text.indexOf("Parking") },
    ]);
  });

  it("words that are split at the end of a line or a page are whole", async () => {
    const bytes = await makePdf((pdf) => {
      pdf.text("This sentence is about docu-").text("ments that go on and on to a new");
      pdf.text("page, where the para-");
      pdf.addPage().text("graph ends.").moveDown().text("Next.");
    });
    const { text, pages } = await readPdf(toInput(bytes));
    expect(text).toBe(
      "This sentence is about documents that go on and on to a new page, where the paragraph ends.\n\nNext.",
    );
    expect(pages).toEqual([
      { page: 1, start: 0 },
      { page: 2, start: text.indexOf("graph ends") },
    ]);
  });

  it("titles and numbers at the edge of every page are left out, pages without text passed over", async () => {
    const bytes = await makePdf(
      (pdf) => {
        for (let i = 1; i <= 8; i++) {
          if (i > 1) pdf.addPage();
          pdf.fontSize(8).text("Our handbook", 72, 30).text(`Page ${i} of 8`, 72, 740);
          if (i !== 3) pdf.fontSize(20).text(`Chapter ${i}`, 72, 90).fontSize(11);
          if (i !== 3) pdf.text(`What chapter ${i} says is this, at some length.`);
        }
      },
      { margins: { top: 20, bottom: 20, left: 72, right: 72 } },
    );
    const { text, pages } = await readPdf(toInput(bytes));
    expect(text).not.toMatch(/Our handbook|of 8/);
    expect(pages.map(({ page }) => page)).toEqual([1, 2, 4, 5, 6, 7, 8]);
    for (const { page, start } of pages)
      expect(text.slice(start)).toMatch(new RegExp(`^# Chapter ${page}\n`));
  });

  it("of 300 pages each passage tells its page and its chapter", async () => {
    const bytes = await makePdf((pdf) => {
      for (let i = 1; i <= 300; i++) {
        if (i > 1) pdf.addPage();
        pdf.fontSize(18).text(`Chapter ${i}`).fontSize(11);
        pdf.text(`The number of this page is ${i}, as it says here. `.repeat(60));
      }
    });
    const { text, pages } = await parse(bytes, "application/pdf");
    expect(pages).toHaveLength(300);
    const passages = splitPassages(text, pages);
    for (let i = 1; i <= 300; i++) {
      const ofPage = passages.filter(({ page }) => page === i);
      expect(ofPage.length).toBeGreaterThan(1);
      for (const { heading, text: words, start } of ofPage) {
        expect(heading).toBe(`Chapter ${i}`);
        expect(words).toContain(`page is ${i},`);
        expect(text.slice(start, start + words.length)).toBe(words);
      }
    }
  });
});

describe("a PDF is refused", () => {
  it("with a password", async () => {
    const bytes = await makePdf((pdf) => pdf.text("Secret"), { userPassword: "pass" });
    await expect(parse(bytes, "application/pdf")).rejects.toMatchObject({
      code: "DOCUMENT_ENCRYPTED",
    });
  });

  it("but not one that everyone may open", async () => {
    const bytes = await makePdf((pdf) => pdf.text("Open"), { ownerPassword: "pass" });
    expect((await parse(bytes, "application/pdf")).text).toBe("Open");
  });

  it("without text, in words that say what to do", async () => {
    const bytes = await makePdf((pdf) => pdf.rect(0, 0, 100, 100).fill("red"));
    await expect(parse(bytes, "application/pdf")).rejects.toMatchObject({
      code: "DOCUMENT_WITHOUT_TEXT",
      message: expect.stringContaining("OCR"),
    });
  });

  it("that is cut or garbage", async () => {
    const bytes = await makePdf((pdf) => pdf.text("Hello"));
    for (const broken of [bytes.slice(0, 400), Buffer.from(`%PDF-1.7\n${"x ".repeat(500)}`)]) {
      await expect(parse(broken, "application/pdf")).rejects.toMatchObject({
        code: "INVALID_DOCUMENT",
      });
    }
  });
});
