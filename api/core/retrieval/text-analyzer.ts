/** A word of a text, in the order of the text. */
export interface Word {
  /** Its one spelling: NFKC, lower case, at most 64 UTF-16 units. */
  readonly word: string;
  /** Where it begins in the text (UTF-16 units). */
  readonly start: number;
}

/** What a word is in a question: what is asked for, what dresses the question up, or grammar alone. */
export type WordRole = "content" | "filler" | "stop";

/** Languages are named by their ISO 639-1 code, such as `en`. */
export interface TextAnalyzer {
  /** Grows with each change of what it makes of a text, so that stored documents are indexed anew. */
  readonly version: number;
  /** Those whose words have stems; in all others a word stands for itself. */
  readonly languages: readonly string[];
  /** Runs of letters and digits; those of scripts without spaces are split at the borders of their words. */
  findWords(text: string): Word[];
  /** The form that all inflections of a word share; the word itself where the language has no stemmer. */
  stem(word: string, language: string): string;
  roleOf(word: string, language: string): WordRole;
  /**
   * The language of a text, `en` where it can't be told.
   * @param likely languages that it is rather in, where a few words don't tell much.
   */
  detectLanguage(text: string, likely?: readonly string[]): string;
}
