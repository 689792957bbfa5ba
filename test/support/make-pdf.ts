import { deflateSync } from "node:zlib";
import PDFDocument from "pdfkit";

/** A PDF that is drawn by pdfkit. */
export async function makePdf(
  draw: (pdf: PDFKit.PDFDocument) => void,
  options: PDFKit.PDFDocumentOptions = {},
): Promise<Uint8Array> {
  const pdf = new PDFDocument(options);
  const pieces: Buffer[] = [];
  const ended = new Promise<void>((resolve) => void pdf.once("end", resolve));
  pdf.on("data", (piece: Buffer) => pieces.push(piece));
  draw(pdf);
  pdf.end();
  await ended;
  return new Uint8Array(Buffer.concat(pieces));
}

/** A PDF of the given objects, numbered from 1; the first is its catalog. */
export function writePdf(objects: readonly (string | Buffer)[]): Uint8Array {
  const pieces: Buffer[] = [];
  let length = 0;
  const add = (piece: string | Buffer): void => {
    const bytes = typeof piece === "string" ? Buffer.from(piece, "latin1") : piece;
    pieces.push(bytes);
    length += bytes.length;
  };
  add("%PDF-1.4\n");
  const offsets = objects.map((object, i) => {
    const offset = length;
    add(`${i + 1} 0 obj\n`);
    add(object);
    add("\nendobj\n");
    return offset;
  });
  const start = length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  add(`xref\n0 ${size}\n0000000000 65535 f \n${rows}`);
  add(`trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`);
  return new Uint8Array(Buffer.concat(pieces));
}

/** One page that draws what the stream says. */
export function writePdfPage(content: Buffer, filter: string): Uint8Array {
  const head = Buffer.from(`<< /Length ${content.length} /Filter ${filter} >>\nstream\n`);
  return writePdf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    Buffer.concat([head, content, Buffer.from("\nendstream")]),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ]);
}

/** A small PDF that takes many minutes to read: thousands of pages that draw the same long text. */
export function writeEndlessPdf(): Uint8Array {
  const text = `BT /F1 12 Tf 72 700 Td ${"(Hello) Tj ".repeat(100_000)} ET`;
  const content = deflateSync(Buffer.from(text));
  const head = Buffer.from(`<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`);
  const numbers = Array.from({ length: 5000 }, (_, i) => i + 5);
  return writePdf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${numbers.map((number) => `${number} 0 R`).join(" ")}] /Count 5000 >>`,
    Buffer.concat([head, content, Buffer.from("\nendstream")]),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...numbers.map(
      () =>
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
    ),
  ]);
}
