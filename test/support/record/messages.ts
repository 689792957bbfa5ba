import { readFile } from "node:fs/promises";
import { Client, escapeIdentifier } from "pg";
import { noteFindings, type Finding } from "./folder.ts";
import { isOwnText } from "./own-words.ts";

/** Shorter ones are words that anybody may write. UTF-16 units. */
const leastLength = 12;
/** Of a long text each run of twice that length holds one of its pieces. */
const pieceLength = 24;

/** Notes where the words of a platform's messages stand in what it has written. @param adminUrl of its database, as superuser */
export async function noteMessages(adminUrl: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const messages = await readMessages(adminUrl);
  for (const file of files)
    noteFindings(searchMessages(file, await readFile(file, "utf8"), messages));
}

/** The messages of all tenants. */
async function readMessages(adminUrl: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows: schemas } = await client.query<{ name: string }>(
      "select table_schema as name from information_schema.tables where table_name = 'chat_messages'",
    );
    const all = schemas.map(
      ({ name }) =>
        `select content from ${escapeIdentifier(name)}.chat_messages where role in ('user', 'assistant')`,
    );
    if (all.length === 0) return [];
    const { rows } = await client.query<{ content: string }>(all.join(" union "));
    return rows.map(({ content }) => content.trim()).filter(({ length }) => length >= leastLength);
  } finally {
    await client.end();
  }
}

/** Where the words of messages stand in a text of lines, each a JSON object or a plain text. */
export function searchMessages(
  file: string,
  text: string,
  messages: readonly string[],
): readonly Finding[] {
  const lines = text.split("\n").map(unfold);
  const whole = lines.join("\n");
  const pieces = new Set(messages.flatMap(toPieces));
  const found = new Set<number>();
  for (const piece of pieces) {
    if (!whole.includes(piece) || isOwnText(piece)) continue;
    for (const [index, line] of lines.entries()) if (line.includes(piece)) found.add(index + 1);
  }
  return [...found].map((line) => ({ file, line, kind: "words of a message" }));
}

function toPieces(message: string): string[] {
  if (message.length < 2 * pieceLength) return [message];
  const count = Math.floor(message.length / pieceLength);
  return Array.from({ length: count }, (_, at) =>
    message.slice(at * pieceLength, (at + 1) * pieceLength),
  ).filter((piece) => piece.trim().length >= leastLength);
}

/** All strings of a line as they are, without JSON's escapes; a process' name may stand before its object. */
function unfold(line: string): string {
  const [, name = "", json] = /^([^{["]*)([{["].*)$/.exec(line) ?? [];
  if (json === undefined) return line;
  try {
    return [name, ...listStrings(JSON.parse(json))].join("\n");
  } catch {
    // A line for people: taken as it is.
    return line;
  }
}

/** A client is told again by which name it has called its message, or one that isn't there, whatever that is; tenants are told by theirs. */
const ownNames = ["chat_id", "client_message_id", "clientMessageId", "message_id", "tenant_id"];

function listStrings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => !ownNames.includes(name))
    .flatMap(([name, inner]) => [name, ...listStrings(inner)]);
}
