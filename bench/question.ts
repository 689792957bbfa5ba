/** What a question of the bench asks the model for, which reads it from the text. */
export interface Wish {
  /** `paced`: 50 tokens a second. `fast`: as fast as they can be written. */
  readonly pace: "paced" | "fast";
  readonly tokens: number;
}

export const tokensPerSecond = 50;

export function askFor({ pace, tokens }: Wish): string {
  return `Answer in ${tokens} ${pace} tokens: what do I have to do to return a pair of shoes?`;
}

/** Passages may stand before the question. @throws Error for any other text. */
export function readWish(question: string): Wish {
  const [, tokens, pace] = /Answer in (\d+) (paced|fast) tokens:/.exec(question) ?? [];
  if (pace !== "paced" && pace !== "fast") throw new Error(`Not of the bench: ${question}`);
  return { pace, tokens: Number(tokens) };
}

const words = [" shoes", " in", " the", " box", " with", " a", " label", " from", " us,", " then"];

/** The n-th token of every answer: about as long as those of English text. */
export function tokenAt(index: number): string {
  return words[index % words.length] ?? "";
}

/** The whole answer, to check what arrived. */
export function answerOf(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => tokenAt(index)).join("");
}
