/** What became of something that was asked. */
export interface Answer {
  /** `broken`: our side failed. `limited`: it was one too many, which says nothing. */
  readonly outcome: "done" | "refused" | "broken" | "limited";
  /** The status, error code or close code, for people. */
  readonly code: string;
  /** All that came: status, headers, body, events, frames, close reasons. Nothing of it may be another's. */
  readonly text: string;
  /** The same as a value that can be compared with that of another answer. */
  readonly shape: unknown;
}

/** What was sent, in which nothing is a leak that comes back. */
export interface Exchange {
  readonly answer: Answer;
  readonly sent: string;
}

/** A reading that goes on. */
export interface Reading {
  /** Resolves when it is refused or has ended by itself. */
  readonly ended: Promise<unknown>;
  /** Resolves when so much of the text has come. */
  until(holds: (text: string) => boolean): Promise<void>;
  /** Ends it, and tells what has come. */
  close(): Promise<Exchange>;
}

/** Headers that differ from answer to answer, whatever is asked. */
const changing = new Set([
  "age",
  "connection",
  "content-length",
  "date",
  "etag",
  "keep-alive",
  "location",
  "retry-after",
  "transfer-encoding",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "x-request-id",
]);

export function lastingHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !changing.has(name)));
}

export function printHeaders(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
}

/** What JSON says; the text itself where it is none. */
export function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A stream, a page or nothing: compared as it is.
    return text;
  }
}
