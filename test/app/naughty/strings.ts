import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const listPath = createRequire(import.meta.url).resolve("big-list-of-naughty-strings/blns.json");

function readList(): string[] {
  const list: unknown = JSON.parse(readFileSync(listPath, "utf8"));
  if (!Array.isArray(list)) throw new Error("The list of naughty strings is no list");
  return list.map(String);
}

/** What the list lacks: what a database, a header, a parser or an object of JavaScript trips over. */
const own = [
  "\0",
  "a\0b",
  "doc_\0",
  "chat_\0",
  "\ud800",
  "\udc00 first",
  "cut in two \ud83d",
  "\ud83dx\ude00",
  "\ufffd",
  "\ufeffbehind a mark",
  " blanks at both ends ",
  "\ttabs\t",
  "\u00a0\u2003odd blanks\u3000",
  "first\r\nX-Injected: 1",
  "line\u2028paragraph\u2029next\u0085",
  "\u202eright to left\u202c",
  "\u2066isolated\u2069 \u200f\u061c",
  "e\u0301 and \u00e9",
  "\u{1d11e}".repeat(64),
  "👩‍👩‍👧‍👦".repeat(11),
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "then",
  "\u001b[31mred\u001b[0m\u0007\u0008",
  "\\u0000 \\x00 %00 &#0;",
  "%ff%fe%c0%80",
  "${7*7}{{7*7}}#{7*7}",
  "1e400",
  "-0",
  '"quoted"',
  "x".repeat(16_000),
  "€".repeat(16_001),
  "x".repeat(64 * 1024),
  "\u0001".repeat(64 * 1024),
];

/** Every string once. */
export const naughtyStrings: readonly string[] = [...new Set([...readList(), ...own])];

/** A string as it can be printed, cut to a line. */
export function show(text: unknown): string {
  const json = JSON.stringify(text) ?? "undefined";
  return json.length > 100 ? `${json.slice(0, 100)}… (${json.length})` : json;
}
