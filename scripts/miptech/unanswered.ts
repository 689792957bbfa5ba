import { RefusedError } from "./api.ts";
import { wrong } from "./command-line.ts";
import type { RunCommand } from "./context.ts";
import { countOf, formatTable } from "./output.ts";

interface RemoteUnanswered {
  readonly message_id: string;
  readonly question: string;
  readonly reason: string;
  readonly created_at: string;
}

const usualCount = 50;
const mostCount = 1000;

export const listUnanswered: RunCommand = async ({ api, output, line }) => {
  const found = await api.listAll<RemoteUnanswered>("/unanswered", readCount(line.options.limit));
  output.give(found);
  const rows = found.map((one) => [
    one.message_id,
    one.created_at,
    one.reason,
    oneLine(one.question),
  ]);
  if (rows.length > 0)
    for (const text of formatTable(["id", "at", "reason", "question"], rows)) output.say(text);
  output.say(countOf(found.length, "question"));
  return true;
};

/** Each by itself: one that isn't there doesn't hold up the others. */
export const markUnanswered: RunCommand = async ({ api, output, line }) => {
  const results: { id: string; status: string }[] = [];
  for (const id of line.operands) {
    const status = await api
      .call(`/unanswered/${encodeURIComponent(id)}`, { method: "PATCH", json: { handled: true } })
      .then(
        () => "handled",
        (error: unknown) => {
          if (error instanceof RefusedError && error.code === "MESSAGE_NOT_FOUND") return "missing";
          throw error;
        },
      );
    results.push({ id, status });
    output.say(`${status}  ${id}`);
  }
  output.give(results);
  return results.every(({ status }) => status === "handled");
};

function readCount(text: string | undefined): number {
  const count = text === undefined ? usualCount : /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostCount) return count;
  throw wrong(`--limit: 1 to ${mostCount} is expected`);
}

/** What visitors have written is shown as text alone: no control characters reach the terminal. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119).toWellFormed()}…` : line;
}
