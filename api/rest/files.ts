import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { HttpContext } from "./env.ts";
import type { Rest, RestDeps } from "./deps.ts";

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/**
 * GET /widget.js and the other files that the element is built to. Any page may load them; a browser
 * asks each time whether its copy is still the newest.
 */
export function addFiles(rest: Rest, { elementDir }: Pick<RestDeps, "elementDir">): void {
  const serve = async (c: HttpContext, next: () => Promise<void>): Promise<Response | void> => {
    const path = c.req.path.slice(1);
    const type = types[extname(path)];
    const bytes = type ? await readIfThere(join(elementDir, path)) : undefined;
    if (!type || !bytes) return next();
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`;
    const headers = {
      ETag: etag,
      "Cache-Control": "public, no-cache",
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    };
    if (isCurrent(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
    return c.body(bytes, 200, { ...headers, "Content-Type": type });
  };
  // One name, or one below assets/: no path that could lead out of the folder.
  const name = `:file{[\\w-][\\w.-]*\\.(?:${Object.keys(types)
    .map((type) => type.slice(1))
    .join("|")})}`;
  rest.get(`/${name}`, serve);
  rest.get(`/assets/${name}`, serve);
}

async function readIfThere(path: string): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Compression makes a tag weak on its way out, so tags are compared without that mark. */
function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  const given = ifNoneMatch?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return given.includes(etag) || given.includes("*");
}
