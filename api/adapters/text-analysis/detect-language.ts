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

/** Of fewer common words a language is known only where they are half of what is said. */
const leastHits = 2;

/**
 * The language whose commonest words a text has most of, else that of its script, else the first likely one, else
 * English. A single such word in a few others is as well a name or a word of another language.
 */
export function detectLanguage(text: string, likely: readonly string[] = []): string {
  const sample = text.slice(0, enough);
  const words = findWords(sample).map(({ word }) => word);
  const byScript = languageOfScript(sample);
  const usual = byScript ?? likely[0] ?? "en";
  let best = usual;
  let most = 0;
  let least = 0;
  for (const [language, stops] of stopWords) {
    const hits = words.reduce((sum, word) => sum + (stops.has(word) ? 1 : 0), 0);
    const share = hits + (hits > 0 && likely.includes(language) ? likelyHits : 0);
    if (share > most) [best, most, least] = [language, share, hits];
  }
  const isKnown = least >= leastHits || least * 2 >= words.length || byScript !== undefined;
  if (!isKnown && !likely.includes(best)) return usual;
  // Japanese is full of Chinese characters, Chinese has none of Japan's syllables.
  return byScript === "ja" && best === "zh" ? "ja" : best;
}

/** The first script that makes up a quarter of the letters. */
function languageOfScript(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return scripts.find(([script]) => (text.match(script)?.length ?? 0) * 4 > letters)?.[1];
}
