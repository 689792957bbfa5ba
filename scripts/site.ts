import { createServer, type Server } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * The host page: an ordinary site of another origin that embeds the widget, under a strict content
 * security policy.
 * @param apiUrl stands for `{{API_URL}}` in the page.
 */
export function createSite(folder: string, apiUrl: string): Server {
  const socketUrl = apiUrl.replace(/^http/, "ws");
  const headers = {
    "Content-Security-Policy": [
      "default-src 'none'",
      `script-src 'self' ${apiUrl}`,
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${apiUrl} ${socketUrl}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
  };

  async function find(url: string): Promise<{ type: string; body: Buffer | string } | undefined> {
    const { pathname } = new URL(url, "http://localhost");
    const path = normalize(pathname === "/" ? "/index.html" : pathname);
    const type = types[extname(path)];
    if (!type || path.includes("..")) return undefined;
    try {
      const body = await readFile(join(folder, path));
      return {
        type,
        body: path.endsWith(".html") ? body.toString().replaceAll("{{API_URL}}", apiUrl) : body,
      };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  return createServer((request, response) => {
    find(request.url ?? "/").then(
      (file) => {
        if (!file)
          response.writeHead(404, { ...headers, "Content-Type": "text/plain" }).end("Not found");
        else response.writeHead(200, { ...headers, "Content-Type": file.type }).end(file.body);
      },
      () => response.writeHead(500, headers).end(),
    );
  });
}
