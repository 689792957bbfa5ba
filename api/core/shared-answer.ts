import type { Clock } from "./ports.ts";

/**
 * Asks at most once in a while, however many want to know: who asks meanwhile is given the same answer.
 * @param forMs how long an answer is good, from the moment in which it was asked for.
 */
export function shareAnswer<Answer>(
  clock: Clock,
  forMs: number,
  ask: () => Promise<Answer>,
): () => Promise<Answer> {
  let last: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    const now = clock.now();
    if (!last || now - last.at >= forMs) last = { at: now, answer: ask() };
    return last.answer;
  };
}
