import { setImmediate as nextTurn } from "node:timers/promises";
import { gunzip } from "node:zlib";
import { Parser } from "htmlparser2";
import {
  InvalidSitemapError,
  type SitemapFile,
  type SitemapReader,
} from "../../core/web/sitemap.ts";

/** Of a file, once it is unpacked. */
const maxBytes = 10 * 1024 * 1024;
/** Of a file, by the protocol (sitemaps.org). */
const maxEntries = 50_000;
const maxDepth = 16;
/** Parsed at a stretch, so that others get their turn in between. */
const pieceLength = 64 * 1024;

/**
 * Reads the XML of sitemaps, packed by gzip too. Entities that a file defines itself are never replaced, and a file
 * that ends too early is an error, since what it lacks would be taken for gone.
 */
export const sitemapReader: SitemapReader = {
  async read(bytes) {
    const xml = isGzip(bytes) ? await unpack(bytes) : bytes;
    if (xml.length > maxBytes) throw tooLarge();
    return parse(decode(xml));
  },
};

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: maxBytes }, (error, unpacked) => {
      if (!error) resolve(unpacked);
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") reject(tooLarge());
      else reject(new InvalidSitemapError("It can't be unpacked"));
    });
  });
}

function decode(xml: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(xml);
  } catch {
    throw new InvalidSitemapError("It is not valid UTF-8");
  }
}

async function parse(text: string): Promise<SitemapFile> {
  const open: string[] = [];
  const locations: string[] = [];
  let root: string | undefined;
  let isWhole = false;
  let fault: string | undefined;
  let location: string | undefined;
  /** Of an entry itself: others, as of its images, are deeper. */
  const isLocation = () =>
    open.length === 3 && open[2] === "loc" && open[1] === (root === "urlset" ? "url" : "sitemap");

  const parser = new Parser(
    {
      onopentag(name) {
        const local = name.replace(/^[^:]*:/, "");
        // Names of other namespaces are no entries.
        open.push(open.length < 3 ? local : name);
        if (open.length > maxDepth) fault ??= "It is nested too deeply";
        if (open.length === 1) {
          if (root !== undefined) fault ??= "It has more than one root";
          root = local;
        }
        if (isLocation()) location = "";
      },
      ontext(piece) {
        if (location !== undefined && location.length < 4096) location += piece;
      },
      onclosetag() {
        if (isLocation() && location !== undefined) locations.push(location.trim());
        location = undefined;
        open.pop();
        if (open.length === 0) isWhole = true;
        if (locations.length > maxEntries) fault ??= `It has more than ${maxEntries} entries`;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  for (let at = 0; at < text.length && fault === undefined; at += pieceLength) {
    parser.write(text.slice(at, at + pieceLength));
    await nextTurn();
  }
  // Before the parser itself closes what is open.
  if (!isWhole && root !== undefined) fault ??= "It ends too early";
  if (fault !== undefined) throw new InvalidSitemapError(fault);
  if (root !== "urlset" && root !== "sitemapindex")
    throw new InvalidSitemapError("It is no sitemap: its root is neither urlset nor sitemapindex");
  return { kind: root === "urlset" ? "pages" : "sitemaps", locations };
}

function tooLarge(): InvalidSitemapError {
  return new InvalidSitemapError(`It has more than ${maxBytes} bytes`);
}
