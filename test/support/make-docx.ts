import { Document, type FileChild, type IPropertiesOptions, Packer } from "docx";
import { strFromU8, strToU8, unzipSync, Zip, ZipDeflate, zipSync } from "fflate";

export const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/** A Word document of one section. */
export async function makeDocx(
  children: readonly FileChild[],
  options: Omit<IPropertiesOptions, "sections"> = {},
): Promise<Uint8Array> {
  const document = new Document({ ...options, sections: [{ children: [...children] }] });
  return new Uint8Array(await Packer.toBuffer(document));
}

/** The same document with the XML of its text rewritten. */
export function rewriteDocx(docx: Uint8Array, rewrite: (xml: string) => string): Uint8Array {
  const files = unzipSync(docx);
  const name = "word/document.xml";
  const xml = strFromU8(files[name] ?? new Uint8Array());
  return zipSync({ ...files, [name]: strToU8(rewrite(xml)) });
}

/** The same document with a text of so many bytes, most of which say nothing. */
export function inflateDocx(docx: Uint8Array, size: number): Uint8Array {
  return rewriteDocx(docx, (xml) => xml.replace("<w:body>", `<w:body>${" ".repeat(size)}`));
}

/** The same document with a text of so many MiB, which says that it has a thousand bytes. */
export function writeLyingDocx(docx: Uint8Array, size: number): Uint8Array {
  const name = "word/document.xml";
  const pieces: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  const { [name]: text = new Uint8Array(), ...others } = unzipSync(docx);
  const add = (file: string): ZipDeflate => {
    const entry = new ZipDeflate(file);
    zip.add(entry);
    return entry;
  };
  for (const [file, bytes] of Object.entries(others)) add(file).push(bytes, true);
  const entry = add(name);
  const spaces = new Uint8Array(1024 * 1024).fill(32);
  for (let i = 0; i < size; i++) entry.push(spaces);
  entry.push(text, true);
  zip.end();
  const bytes = Buffer.concat(pieces);
  // The last entry of the archive's directory; its size stands 24 bytes from its beginning.
  const last = bytes.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
  bytes.writeUInt32LE(1000, last + 24);
  return new Uint8Array(bytes);
}
