import { HeadingLevel, Paragraph, Table, TableCell, TableRow } from "docx";
import { docxType, makeDocx } from "../../support/make-docx.ts";
import { makePdf } from "../../support/make-pdf.ts";

/** A document with one fact in it, which no other document tells. */
export interface Sample {
  readonly source: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly question: string;
  /** As it stands in the document's text. */
  readonly fact: string;
  readonly title: string;
  /** The headings above the fact. */
  readonly heading: string;
  readonly page: number | null;
}

type Draft = Omit<Sample, "bytes" | "page"> & {
  readonly content: string | Uint8Array;
  readonly page?: number | null;
};

const sample = ({ content, page = null, ...rest }: Draft): Sample => ({
  ...rest,
  page,
  bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
});

/** Of each format one that fits a screen. */
export async function makeSmallSamples(): Promise<readonly Sample[]> {
  return [
    sample({
      source: "pier.txt",
      mediaType: "text/plain",
      content: "The pier – a guide 🦦\n\nOtters at the pier are fed at eleven.\n\nBring a coat.\n",
      question: "When are the otters at the pier fed?",
      fact: "Otters at the pier are fed at eleven.",
      title: "The pier – a guide 🦦",
      heading: "",
    }),
    sample({
      source: "courtyard.md",
      mediaType: "text/markdown",
      content:
        "# Courtyard 🏮\n\nWelcome.\n\n## Evenings\n\n### Light\n\nLanterns in the courtyard are lit at *seven*.\n",
      question: "When are the lanterns in the courtyard lit?",
      fact: "Lanterns in the courtyard are lit at *seven*.",
      title: "Courtyard 🏮",
      heading: "Courtyard 🏮 › Evenings › Light",
    }),
    sample({
      source: "jetty.html",
      mediaType: "text/html",
      content:
        "<!doctype html><title>The jetty</title><h1>Jetty</h1><p>Hello.</p><h2>Boats</h2><p>Kayaks by the jetty are <b>rented</b> for nine euros.</p>",
      question: "For how much are kayaks by the jetty rented?",
      fact: "Kayaks by the jetty are rented for nine euros.",
      title: "The jetty",
      heading: "Jetty › Boats",
    }),
    sample({
      source: "vault.pdf",
      mediaType: "application/pdf",
      content: await makePdf(
        (pdf) => {
          pdf.fontSize(24).text("The vault").moveDown().fontSize(11);
          pdf.text("What is kept here is kept well, and whoever asks is shown around. ".repeat(5));
          pdf.addPage().fontSize(24).text("Insurance").moveDown().fontSize(11);
          pdf.text("Violins in the vault are insured until April. Ask before you play. ".repeat(2));
        },
        { info: { Title: "Vault rules" }, lang: "en" },
      ),
      question: "Until when are the violins in the vault insured?",
      fact: "Violins in the vault are insured until April.",
      title: "Vault rules",
      heading: "Insurance",
      page: 2,
    }),
    sample({
      source: "tower.docx",
      mediaType: docxType,
      content: await makeDocx(
        [
          new Paragraph({ text: "Tower", heading: HeadingLevel.HEADING_1 }),
          new Paragraph("It is high."),
          new Paragraph({ text: "Birds", heading: HeadingLevel.HEADING_2 }),
          new Paragraph("Falcons on the tower are ringed by Sister Agnes."),
        ],
        { title: "Tower book" },
      ),
      question: "Who rings the falcons on the tower?",
      fact: "Falcons on the tower are ringed by Sister Agnes.",
      title: "Tower book",
      heading: "Tower › Birds",
    }),
    sample({
      source: "animals.csv",
      mediaType: "text/csv",
      content: 'Animal,Diet\nYak,"hay, mostly"\nTapir,"melons, ""ripe"" ones"\n',
      question: "What is the diet of the animal tapir?",
      fact: 'Animal: Tapir\nDiet: melons, "ripe" ones',
      title: "animals.csv",
      heading: "",
    }),
    sample({
      source: "ferries.json",
      mediaType: "application/json",
      content: JSON.stringify({
        title: "Ferries",
        lake: { mainau: { note: "The ferry to Mainau leaves at noon." } },
      }),
      question: "When does the ferry to Mainau leave?",
      fact: "The ferry to Mainau leaves at noon.",
      title: "Ferries",
      heading: "lake › mainau",
    }),
  ];
}

/** Says something on each matter, and nothing that a fact says. */
const fill = (n: number) =>
  `Entry ${n} deals with matter ${(n * 7919) % 10_007} of ledger ${n % 97}; it was read, signed and put away. `;
const paragraph = (n: number) => fill(3 * n) + fill(3 * n + 1) + fill(3 * n + 2);

/** Sections under headings of two levels, with the fact in one of them. */
function sections(count: number, at: number, fact: string) {
  return Array.from({ length: count }, (_, n) => ({
    isChapter: n % 10 === 0,
    chapter: `Chapter ${Math.floor(n / 10)}`,
    heading: `Section ${n}`,
    text: n === at ? `${paragraph(n)}${fact} ${fill(n)}`.trim() : paragraph(n).trim(),
  }));
}

/** Of each format one of hundreds of pages. */
export async function makeLargeSamples(): Promise<readonly Sample[]> {
  return [
    largeText(),
    largeMarkdown(),
    largeHtml(),
    await largePdf(),
    await largeDocx(),
    largeCsv(),
    largeJson(),
  ];
}

function largeText(): Sample {
  const fact = "Swans on the canal are counted in March.";
  const all = sections(1500, 1111, fact).map(({ text }) => text);
  return sample({
    source: "canal.txt",
    mediaType: "text/plain",
    content: `Canal\n\n${all.join("\n\n")}\n`,
    question: "When are the swans on the canal counted?",
    fact,
    title: "Canal",
    heading: "",
  });
}

function largeMarkdown(): Sample {
  const fact = "Barrels in the cellar are turned on Fridays 🛢️.";
  const all = sections(1500, 777, fact).map(
    ({ isChapter, chapter, heading, text }) =>
      `${isChapter ? `## ${chapter}\n\n` : ""}### ${heading}\n\n${text}\n`,
  );
  return sample({
    source: "cellar.md",
    mediaType: "text/markdown",
    content: `# Cellar\n\n${all.join("\n")}`,
    question: "When are the barrels in the cellar turned?",
    fact,
    title: "Cellar",
    heading: "Cellar › Chapter 77 › Section 777",
  });
}

function largeHtml(): Sample {
  const fact = "Looms in the attic are oiled with linseed.";
  const all = sections(1500, 1234, fact).map(
    ({ isChapter, chapter, heading, text }) =>
      `${isChapter ? `<h2>${chapter}</h2>` : ""}<h3>${heading}</h3><p>${text}</p>`,
  );
  return sample({
    source: "attic.html",
    mediaType: "text/html",
    content: `<!doctype html><title>Attic</title><h1>The attic</h1>${all.join("\n")}`,
    question: "What are the looms in the attic oiled with?",
    fact,
    title: "Attic",
    heading: "The attic › Chapter 123 › Section 1234",
  });
}

/** Three hundred pages, each of which begins with its heading. */
async function largePdf(): Promise<Sample> {
  const fact = "Turbines under the dam are inspected in October.";
  const content = await makePdf(
    (pdf) => {
      for (let page = 1; page <= 300; page += 1) {
        if (page > 1) pdf.addPage();
        pdf.fontSize(18).text(`Report of day ${page}`).moveDown().fontSize(11);
        for (let n = 0; n < 4; n += 1) pdf.text(paragraph(4 * page + n).trim()).moveDown();
        if (page === 217) pdf.text(fact).moveDown();
      }
    },
    { info: { Title: "The dam" }, lang: "en" },
  );
  return sample({
    source: "dam.pdf",
    mediaType: "application/pdf",
    content,
    question: "When are the turbines under the dam inspected?",
    fact,
    title: "The dam",
    heading: "Report of day 217",
    page: 217,
  });
}

async function largeDocx(): Promise<Sample> {
  const fact = "Orchids in the greenhouse are misted at dawn.";
  const cell = (text: string) => new TableCell({ children: [new Paragraph(text)] });
  const rows = Array.from(
    { length: 200 },
    (_, n) => new TableRow({ children: [cell(`Row ${n}`), cell(fill(n))] }),
  );
  const all = sections(1500, 456, fact).flatMap(({ isChapter, chapter, heading, text }) => [
    ...(isChapter ? [new Paragraph({ text: chapter, heading: HeadingLevel.HEADING_1 })] : []),
    new Paragraph({ text: heading, heading: HeadingLevel.HEADING_2 }),
    new Paragraph(text),
  ]);
  return sample({
    source: "greenhouse.docx",
    mediaType: docxType,
    content: await makeDocx([...all, new Table({ rows })], { title: "Greenhouse" }),
    question: "When are the orchids in the greenhouse misted?",
    fact,
    title: "Greenhouse",
    heading: "Chapter 45 › Section 456",
  });
}

function largeCsv(): Sample {
  const rows = Array.from({ length: 5000 }, (_, n) => {
    const note = n === 3217 ? "The walnut harpsichord is tuned by Klara" : `Kept, shelf ${n % 89}`;
    return `${n},Piece ${n},"${note}"`;
  });
  return sample({
    source: "inventory.csv",
    mediaType: "text/csv",
    content: `No,Name,Note\n${rows.join("\n")}\n`,
    question: "Who tunes the walnut harpsichord?",
    fact: "The walnut harpsichord is tuned by Klara",
    title: "inventory.csv",
    heading: "",
  });
}

function largeJson(): Sample {
  const bees = { hive: "north", note: "Honey of the heather hives is spun by Brother Tobias." };
  const records = Array.from({ length: 3000 }, (_, n) =>
    n === 2222 ? bees : { hive: `Hive ${n}`, note: fill(n).trim() },
  );
  return sample({
    source: "hives.json",
    mediaType: "application/json",
    content: JSON.stringify({ title: "Hives", records }),
    question: "Who spins the honey of the heather hives?",
    fact: bees.note,
    title: "Hives",
    heading: "records",
  });
}
