import { documentedCloseCodes } from "./close-codes.ts";
import type { RawDoorFrames, RawDoorInfo } from "./asyncapi.ts";
import { listFields, readDescription } from "./fields.ts";
import type { FrameDocument, JsonSchema } from "./frame-schema.ts";
import { handshakeHeaders, handshakeQuery } from "./handshake-query.ts";
import { escapeHtml, renderTable, renderText } from "./html.ts";

/** The frames for people, as one page without scripts. @param style the address of its style sheet */
export function renderPage(info: RawDoorInfo, frames: RawDoorFrames, style: string): string {
  const parts = Object.assign({}, ...frames.server.map((frame) => frame.parts)) as Parts;
  const [main = "", ...others] = info.paths;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>MIPTech AI Platform: WebSocket</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="${style}">
</head>
<body>
<header>
<h1>WebSocket <small>${escapeHtml(info.version)}</small></h1>
<p>The frames of the raw WebSocket, from <a href="/asyncapi.json">/asyncapi.json</a>. The API over HTTP stands <a href="/docs">beside</a>.</p>
<nav>${renderLinks("From the client", frames.client)}${renderLinks("From the server", frames.server)}</nav>
</header>
<main>
<section>
<h2>Connecting</h2>
<p>Open <code>${escapeHtml(main)}?tenant_id=…</code>. The same door: ${others.map((path) => `<code>${escapeHtml(path)}</code>`).join(", ")}. Each goes with and without a slash at its end.</p>
<p>${renderText('Every frame is a JSON text `{"type": …, "data": {…}}`, a client\'s at most 64 KiB long. Fields and types that you don\'t know are to be passed over.')}</p>
${renderFields("Parameters of the address", handshakeQuery, {})}
${renderFields("Headers", handshakeHeaders, {})}
<h3>Close codes</h3>
${renderTable(
  ["code", "meaning", "what a client should do"],
  documentedCloseCodes.map(({ code, meaning, advice }) => [
    String(code),
    renderText(meaning),
    renderText(advice),
  ]),
)}
</section>
${renderFrames("From the client", frames.client, parts)}
${renderFrames("From the server", frames.server, parts)}
<section>
<h2>Parts</h2>
${Object.entries(parts)
  .map(
    ([name, part]) =>
      `<article id="part-${name}"><h3>${escapeHtml(name)}</h3><p>${renderText(readDescription(part))}</p>${renderFields("", part, parts)}</article>`,
  )
  .join("\n")}
</section>
</main>
</body>
</html>
`;
}

type Parts = Readonly<Record<string, JsonSchema>>;

function renderLinks(title: string, frames: readonly FrameDocument[]): string {
  const links = frames.map(({ name }) => `<a href="#frame-${name}">${escapeHtml(name)}</a>`);
  return `<p><b>${title}</b> ${links.join(" ")}</p>\n`;
}

function renderFrames(title: string, frames: readonly FrameDocument[], parts: Parts): string {
  return `<section>\n<h2>${title}</h2>\n${frames.map((frame) => renderFrame(frame, parts)).join("\n")}\n</section>`;
}

function renderFrame(frame: FrameDocument, parts: Parts): string {
  const { name, title, description, answers, examples, payload } = frame;
  const links = answers.map((answer) => `<a href="#frame-${answer}">${escapeHtml(answer)}</a>`);
  return `<article id="frame-${name}">
<h3>${escapeHtml(title)}</h3>
<p>${renderText(description)}</p>
${links.length > 0 ? `<p>Answered by ${links.join(", ")}</p>` : ""}
${renderFields("", payload, parts)}
${examples.map((example) => `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`).join("\n")}
</article>`;
}

function renderFields(title: string, schema: JsonSchema, parts: Parts): string {
  const rows = listFields(schema).map(({ path, type, isRequired, description, part }) => [
    `<code>${escapeHtml(path)}</code>`,
    part && part in parts
      ? `<a href="#part-${part}">${escapeHtml(type)}</a>`
      : `<code>${escapeHtml(type)}</code>`,
    isRequired ? "" : "optional",
    renderText(description),
  ]);
  if (rows.length === 0) return "";
  return `${title ? `<h3>${title}</h3>\n` : ""}${renderTable(["field", "type", "", "meaning"], rows)}`;
}
