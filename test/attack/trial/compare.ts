import type { Things } from "../filling/id-kinds.ts";
import type { Answer } from "../doors/answer.ts";
import { isRecord } from "../surface/operation.ts";

/** Values that differ each time, whoever asks. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(chat|msg|doc|psg|vis|user|key|audit|req|client)_[0-9a-z]{26}\b/g, "<$1>"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>"],
  [/\b[ps]k_[\w-]{8,43}/g, "<key>"],
  [/\btkt_[\w-]+/g, "<ticket>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [/\b\d{13}\b/g, "<milliseconds>"],
  [/\b\d+-\d+\b/g, "<place>"],
  [/"\d+"/g, "<number>"],
];

/**
 * Fields that differ each time, or from one moment to the next: whoever edits their own question again and again
 * finds more variants of it, and the key of the last edit. (The victim's are marks: they're found wherever they stand.)
 */
const changingFields =
  /^(request_id|expires_in|expiresIn|expires_at|expiresAt|last_used_at|lastUsedAt|total_chunks|totalChunks|variants|chosen|client_message_id|clientMessageId)$/;

/**
 * What an answer says, without what differs each time and without the ids that were named.
 * @param named the ids that stood in the request.
 */
export function normalize({ shape, code }: Answer, named: Things): string {
  let text = JSON.stringify([code, strip(shape)]);
  for (const [kind, id] of Object.entries(named)) {
    for (const one of [id, encodeURIComponent(id), id.split("/")[0] ?? id])
      text = text.replaceAll(one, `<named ${kind}>`);
  }
  for (const [pattern, word] of patterns) text = text.replaceAll(pattern, word);
  return text;
}

/** What the two answers say differently; undefined where they say the same. */
export function findDifference(a: string, b: string): string | undefined {
  if (a === b) return undefined;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${a.slice(from, at + 100)} ≠ ${b.slice(from, at + 100)}`;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (!isRecord(value)) return value;
  // How far an answer is at this moment is chance.
  if (/^assistant$/i.test(String(value.role))) return { role: value.role };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !changingFields.test(name))
      .map(([name, inner]) => [name, name === "errors" ? sort(strip(inner)) : strip(inner)]),
  );
}

/** The errors of one operation stand in the order in which they happened to come about. */
function sort(errors: unknown): unknown {
  if (!Array.isArray(errors)) return errors;
  return errors.map((error) => JSON.stringify(error)).toSorted();
}
