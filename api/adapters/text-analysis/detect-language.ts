import { findWords } from "./find-words.ts";
import { stopWords } from "./stop-words.ts";

/** Scripts that one language is mostly written in, where its commonest words don't tell otherwise. */
const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"],
  [/\p{Script=Han}/gu, "zh"],
  [/\p{Script=Hangul}/gu, "ko"],
  [/\p{Script=Thai}/gu, "th"],
  [/\p{Script=Cyrillic}/gu, "ru"],
  [/\p{Script=Greek}/gu, "el"],
  [/\p{Script=Arabic}/gu, "ar"],
  [/\p{Script=Hebrew}/gu, "he"],
  [/\p{Script=Devanagari}/gu, "hi"],
  [/\p{Script=Tamil}/gu, "ta"],
  [/\p{Script=Armenian}/gu, "hy"],
];

/** How many words more another language must have than one that is likely. */
const likelyHits = 1.5;

/** UTF-16 units that are looked at. */
const enough = 8000;

/** The language whose commonest words a text has most of, else that of its script, else English. */
export function detectLanguage(text: string, likely: readonly string[] = []): string {
  const sample = text.slice(0, enough);
  const words = findWords(sample).map(({ word }) => word);
  const byScript = languageOfScript(sample);
  let best = byScript ?? "en";
  let most = 0;
  for (const [language, stops] of stopWords) {
    const hits = words.reduce((sum, word) => sum + (stops.has(word) ? 1 : 0), 0);
    const share = hits + (hits > 0 && likely.includes(language) ? likelyHits : 0);
    if (share > most) [best, most] = [language, share];
  }
  // Japanese is full of Chinese characters, Chinese has none of Japan's syllables.
  return byScript === "ja" && best === "zh" ? "ja" : best;
}

/** The first script that makes up a quarter of the letters. */
function languageOfScript(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return scripts.find(([script]) => (text.match(script)?.length ?? 0) * 4 > letters)?.[1];
}
