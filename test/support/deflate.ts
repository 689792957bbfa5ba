import { createDeflate } from "node:zlib";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

const MiB = 1024 * 1024;

/** So many MiB of spaces, packed; they are never held as a whole. */
export function deflateSpaces(count: number): Promise<Buffer> {
  const piece = Buffer.alloc(MiB, 32);
  const pieces = (function* () {
    for (let i = 0; i < count; i++) yield piece;
  })();
  return buffer(Readable.from(pieces).pipe(createDeflate()));
}
