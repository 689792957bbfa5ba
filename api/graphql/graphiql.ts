import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { exampleQuery } from "./examples.ts";
import { graphqlPath } from "./yoga.ts";

/** GraphiQL is for whoever opens the address in a browser. */
export function wantsGraphiql({ method, headers }: Request): boolean {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && (headers.get("accept")?.includes("text/html") ?? false);
}

interface Page {
  readonly html: Buffer<ArrayBuffer>;
  readonly etag: string;
  readonly policy: string;
}

/**
 * GraphiQL in one file of ours, which asks nobody else for anything. It is made at its first use, since
 * it has nine megabytes, and kept compressed.
 * @param tenantId stands in its header pane.
 */
export function createGraphiql(tenantId: string): (request: Request) => Promise<Response> {
  let page: Promise<Page> | undefined;

  return async (request) => {
    page ??= makePage(tenantId);
    const { html, etag, policy } = await page;
    const headers = new Headers({
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy,
      "Cache-Control": "no-cache",
      ETag: etag,
      Vary: "Accept, Accept-Encoding",
    });
    if (request.headers.get("if-none-match") === etag) {
      return new Response(null, { status: 304, headers });
    }
    const body = request.method === "HEAD" ? null : html;
    if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
      return new Response(body && (await promisify(gunzip)(body)), { headers });
    }
    headers.set("Content-Encoding", "gzip");
    return new Response(body, { headers });
  };
}

async function makePage(tenantId: string): Promise<Page> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const headers = JSON.stringify({ "X-Tenant-ID": tenantId }, null, 2);
  const text = renderGraphiQL({
    title: "GraphiQL: MIPTech AI Platform",
    endpoint: graphqlPath,
    defaultTabs: [{ query: exampleQuery, headers }],
    defaultHeaders: headers,
    defaultQuery: "",
    defaultEditorToolsVisibility: "headers",
    // Tokens stand in the header pane.
    shouldPersistHeaders: false,
    subscriptionsProtocol: "SSE",
  });
  const script = text.slice(
    text.indexOf("<script>") + "<script>".length,
    text.lastIndexOf("</script>"),
  );
  const html = await promisify(gzip)(text);
  const hash = (content: string) => createHash("sha256").update(content).digest("base64");
  return { html, etag: `"${hash(text)}"`, policy: policyFor(hash(script)) };
}

/**
 * Of scripts, the page's own alone. Its editor writes style elements and attributes, has its font in a
 * data URL, and starts its workers from what the page holds.
 */
function policyFor(scriptHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "font-src data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
