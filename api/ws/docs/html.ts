/** Text as HTML that shows it. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The same; what stands between backticks is code. */
export function renderText(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

/** @param rows cells of HTML */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  const body = rows.map((cells) => row("td", cells)).join("\n");
  return `<table>\n<thead>${row("th", head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

export const pageStyle = `:root {
  color-scheme: light dark;
  font: 16px/1.5 system-ui, sans-serif;
}
body {
  max-width: 60rem;
  margin: 0 auto;
  padding: 1rem;
}
h2 {
  border-bottom: 1px solid;
  margin-top: 3rem;
}
h3 {
  margin-top: 2rem;
}
small {
  font-weight: normal;
}
nav a {
  display: inline-block;
  margin-right: 0.5rem;
}
code,
pre {
  font: 0.875rem/1.4 ui-monospace, monospace;
}
pre {
  overflow-x: auto;
  padding: 0.75rem;
  background: rgb(128 128 128 / 15%);
}
table {
  display: block;
  overflow-x: auto;
  border-collapse: collapse;
}
th,
td {
  padding: 0.25rem 0.75rem 0.25rem 0;
  text-align: left;
  vertical-align: top;
}
td {
  border-top: 1px solid rgb(128 128 128 / 30%);
}
`;
