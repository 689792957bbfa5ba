import { RefusedError } from "./api.ts";
import { wrong } from "./command-line.ts";
import type { RunCommand } from "./context.ts";
import { countOf, formatTable } from "./output.ts";

interface RemoteWebSource {
  readonly id: string;
  readonly url: string;
  readonly kind: string;
  readonly every_hours: number | null;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly pages: { readonly total: number; readonly failed: number };
}

const path = "/web-sources";
const mostHours = 2160;

/** The server reads it in the background; `source list` tells how far it is. */
export const addWebSource: RunCommand = async ({ line, api, output }) => {
  const [url = ""] = line.operands;
  const { sitemap = false, every } = line.options;
  const kind = sitemap ? "sitemap" : "page";
  const json = { url, kind, every_hours: readHours(every) };
  const added = await api.call<RemoteWebSource>(path, { method: "POST", json });
  output.say(`${added.id}  ${added.status}  ${added.url}`);
  output.give(added);
  return true;
};

export const listWebSources: RunCommand = async ({ api, output }) => {
  const found = await api.listAll<RemoteWebSource>(path);
  const rows = found.map(({ id, kind, status, pages, error, every_hours: hours, url }) => [
    id,
    kind,
    hours === null ? "once" : `${hours}h`,
    status,
    `${pages.total} (${pages.failed} failed)`,
    error?.code ?? "",
    url,
  ]);
  const head = ["id", "kind", "every", "status", "pages", "error", "url"];
  if (rows.length > 0) for (const text of formatTable(head, rows)) output.say(text);
  output.say(countOf(found.length, "web source"));
  output.give(found);
  return true;
};

export const refreshWebSources: RunCommand = (context) =>
  forEach(context, "queued", async (id) => {
    await context.api.send(`${path}/${encodeURIComponent(id)}/refresh`, { method: "POST" });
  });

export const deleteWebSources: RunCommand = (context) =>
  forEach(context, "deleted", async (id) => {
    const { keep = false } = context.line.options;
    const query = keep ? { keep_documents: "true" } : {};
    await context.api.send(`${path}/${encodeURIComponent(id)}`, { method: "DELETE", query });
  });

/** Each by its id or its address; one that isn't there doesn't hold up the others. */
async function forEach(
  { line, api, output }: Parameters<RunCommand>[0],
  done: string,
  act: (id: string) => Promise<void>,
): Promise<boolean> {
  const sources = await api.listAll<RemoteWebSource>(path);
  const results: { source: string; status: string }[] = [];
  for (const source of line.operands) {
    const known = sources.find(({ id, url }) => id === source || url === URL.parse(source)?.href);
    const status = known
      ? await act(known.id).then(
          () => done,
          (error: unknown) => {
            if (error instanceof RefusedError && error.code === "WEB_SOURCE_NOT_FOUND")
              return "missing";
            throw error;
          },
        )
      : "missing";
    results.push({ source, status });
    output.say(`${status}  ${source}`);
  }
  output.give(results);
  return results.every(({ status }) => status === done);
}

/** `24h` or `7d`. */
function readHours(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, count = "", unit = ""] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  if (hours >= 1 && hours <= mostHours) return hours;
  throw wrong(`--every: hours or days such as 24h or 7d are expected, at most ${mostHours / 24}d`);
}
