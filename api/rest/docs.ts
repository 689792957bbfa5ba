import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Rest, RestDeps } from "./deps.ts";
import { securitySchemes } from "./operation.ts";

const uiDir = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const uiFiles = new Map([
  ["swagger-ui.css", "text/css; charset=utf-8"],
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
  ["favicon-32x32.png", "image/png"],
]);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>MIPTech AI Platform: API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const startScript = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

// Swagger UI writes style attributes and draws its icons from data URLs; scripts come from us alone.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

// What is made for no scripts gets none, whoever has written it.
const quietPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const description = `Chats with an assistant that answers from a tenant's own documents.

The same turns can be started and followed over a raw WebSocket at \`/ws/chat\` below the API's prefix. An id of an event,
or a cursor of a frame, is a place in a turn: whoever hands it back gets everything after it exactly once. Its frames are described at
[/docs/websocket](/docs/websocket), and for programs at \`/asyncapi.json\`.`;

/** GET /openapi.json, and /docs, which needs nothing from outside, and what tells of the other doors. To be added after all operations. */
export function addDocs(rest: Rest, deps: RestDeps): void {
  for (const [name, scheme] of Object.entries(securitySchemes)) {
    rest.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  rest.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "MIPTech AI Platform", version: deps.version, description },
    servers: [{ url: "/" }],
    tags: ["chat", "messages", "admin", "auth", "health"].map((name) => ({ name })),
  });
  const cached = { "Cache-Control": "public, max-age=3600" };
  rest.get("/docs", (c) => c.html(page, 200, { "Content-Security-Policy": policy }));
  rest.get("/docs/start.js", (c) =>
    c.body(startScript, 200, { ...cached, "Content-Type": "text/javascript; charset=utf-8" }),
  );
  for (const { path, type, text } of deps.docsFiles) {
    const headers = { "Content-Type": type, "Content-Security-Policy": quietPolicy };
    rest.get(path, (c) => c.body(text, 200, headers));
  }
  for (const [file, type] of uiFiles) {
    const path = join(uiDir, file);
    rest.get(`/docs/${file}`, async (c) =>
      c.body(await readFile(path), 200, { ...cached, "Content-Type": type }),
    );
  }
}
