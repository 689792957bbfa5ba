import type { Word } from "../../core/retrieval/text-analyzer.ts";

/** Letters and digits, with the invisible signs that may stand within a word. */
const run = /[\p{L}\p{M}\p{N}\u00AD\u200C\u200D]+/gu;
const notOfWords = /[^\p{L}\p{M}\p{N}]+/gu;
const spaceless =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const segmenter = new Intl.Segmenter("ja", { granularity: "word" });

/** Endings that an apostrophe parts from their word, as in `tenant's` and `don't`. */
const clitics = new Set(["s", "t", "ll", "re", "ve", "d", "m"]);

/** UTF-16 units; what a longer word begins with is enough to find it, and an index has no room for more. */
const longestWord = 64;

/** Splits a text as `TextAnalyzer.findWords` says. */
export function findWords(text: string): Word[] {
  const words: Word[] = [];
  let end = -2;
  for (const { 0: raw, index } of text.matchAll(run)) {
    const isBehindApostrophe = end === index - 1 && /['’ʼ]/.test(text[end] ?? "");
    end = index + raw.length;
    if (isBehindApostrophe && clitics.has(raw.toLowerCase())) continue;
    if (isAscii(raw)) words.push({ word: cut(raw.toLowerCase()), start: index });
    else if (!spaceless.test(raw)) pushWord(words, raw, index);
    else pushSegments(words, raw, index);
  }
  return words;
}

function pushSegments(words: Word[], raw: string, start: number): void {
  for (const { segment, index, isWordLike } of segmenter.segment(raw))
    if (isWordLike) pushWord(words, segment, start + index);
}

function pushWord(words: Word[], raw: string, start: number): void {
  const word = raw.normalize("NFKC").toLowerCase().normalize("NFKC").replace(notOfWords, "");
  if (word !== "") words.push({ word: cut(word), start });
}

function cut(word: string): string {
  return word.length <= longestWord ? word : word.slice(0, longestWord).toWellFormed();
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) return false;
  return true;
}
