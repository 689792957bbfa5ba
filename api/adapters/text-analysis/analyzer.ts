import { newStemmer, type Stemmer } from "snowball-stemmers";
import type { TextAnalyzer, WordRole } from "../../core/retrieval/text-analyzer.ts";
import { detectLanguage } from "./detect-language.ts";
import { findWords } from "./find-words.ts";
import { fillers, stopWords } from "./stop-words.ts";

/** The Snowball algorithms by language; where there is none a word is its own stem. */
const algorithms: Readonly<Record<string, string>> = {
  ar: "arabic",
  hy: "armenian",
  da: "danish",
  nl: "dutch",
  en: "english",
  fi: "finnish",
  fr: "french",
  de: "german",
  hu: "hungarian",
  it: "italian",
  no: "norwegian",
  pt: "portuguese",
  ro: "romanian",
  ru: "russian",
  es: "spanish",
  sv: "swedish",
  ta: "tamil",
  tr: "turkish",
};

/** Stems of a language that are remembered for sure: one costs ten microseconds, and texts repeat their words. */
const mostRemembered = 50_000;

/**
 * How often English stems are stemmed: "embed" and "embedding" have different ones, of which one is the other's.
 * Elsewhere that joins what has nothing in common, such as Spanish "panadería" and "pan".
 */
const englishRounds = 3;

/** Words as Unicode and ICU know them, stemmed by Snowball. */
export function createTextAnalyzer(): TextAnalyzer {
  const stems = new Map<string, (word: string) => string>();
  const stemIn = (language: string) => {
    let stem = stems.get(language);
    if (!stem) {
      const algorithm = algorithms[language];
      const rounds = language === "en" ? englishRounds : 1;
      stem = remember(createStem(algorithm ? newStemmer(algorithm) : undefined, rounds));
      stems.set(language, stem);
    }
    return stem;
  };
  return {
    version: 1,
    languages: Object.keys(algorithms),
    findWords,
    stem: (word, language) => stemIn(language)(word),
    roleOf,
    detectLanguage,
  };
}

function createStem(stemmer: Stemmer | undefined, rounds: number): (word: string) => string {
  return (word) => {
    let stem = word;
    // What has digits in it is a name.
    for (let round = 0; stemmer && round < rounds && !/\p{N}/u.test(word); round += 1) {
      const next = stemmer.stem(stem);
      if (next === stem || next === "") break;
      stem = next;
    }
    return foldAccents(stem);
  };
}

/** Many write "cafe" for "café"; in other scripts such marks are letters of their own. */
function foldAccents(word: string): string {
  return word
    .normalize("NFD")
    .replace(/(\p{Script=Latin})\p{M}+/gu, "$1")
    .normalize("NFC");
}

/** Forgets what has not been asked for since as many others were. */
function remember(stem: (word: string) => string): (word: string) => string {
  let known = new Map<string, string>();
  let before = known;
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    if (known.size >= mostRemembered) [before, known] = [known, new Map()];
    const made = before.get(word) ?? stem(word);
    known.set(word, made);
    return made;
  };
}

function roleOf(word: string, language: string): WordRole {
  if (stopWords.get(language)?.has(word)) return "stop";
  return fillers.get(language)?.has(word) ? "filler" : "content";
}
