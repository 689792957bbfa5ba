import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { HttpStep } from "../rest/env.ts";

/** Below this the gain isn't worth it. Bytes. */
const minBytes = 1024;
/** What is finite and compressible; never an event stream, whose events must not be held back. */
const compressible =
  /^(?:application\/(?:json|[\w.-]+\+json|javascript)|text\/(?:html|css|javascript|plain)|image\/svg\+xml)\b/i;

const compressBytes = promisify(gzip);

/** gzip, for those who take it. */
export const compress: HttpStep = async (c, next) => {
  await next();
  const { res } = c;
  const isOpen = res.body && res.status !== 206 && !res.headers.has("Content-Encoding");
  if (!isOpen || !compressible.test(res.headers.get("Content-Type") ?? "")) return;
  res.headers.append("Vary", "Accept-Encoding");
  if (!acceptsGzip(c.req.header("accept-encoding"))) return;
  const bytes = Buffer.from(await res.arrayBuffer());
  const isWorthIt = bytes.length >= minBytes;
  const headers = new Headers(res.headers);
  if (isWorthIt) {
    headers.set("Content-Encoding", "gzip");
    headers.delete("Content-Length");
    const etag = headers.get("ETag");
    if (etag && !etag.startsWith("W/")) headers.set("ETag", `W/${etag}`);
  }
  c.res = undefined;
  c.res = new Response(isWorthIt ? await compressBytes(bytes) : bytes, {
    status: res.status,
    headers,
  });
};

function acceptsGzip(header: string | undefined): boolean {
  for (const part of header?.toLowerCase().split(",") ?? []) {
    const [name, ...parameters] = part.split(";").map((text) => text.trim());
    if (name === "gzip" || name === "*")
      return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  }
  return false;
}
