import type { TokenCounter } from "../../core/answering/answerer.ts";

/** UTF-16 units. No text is looked at in longer parts: the splitting expression recurses over a run. */
const maxPart = 65_536;
/** Merging takes the square of a run's length, and a run without a break is no real text. */
const maxRun = 128;

/**
 * Counts tokens as the models with the o200k_base vocabulary do. Special tokens in a text are plain
 * characters here. Runs above 128 characters without a break are counted in parts, so that no text can
 * hold the process up: their number may be a little too high.
 */
export async function createTokenCounter(): Promise<TokenCounter> {
  // Loaded here and not at the top: the vocabulary takes a quarter of a second.
  const [{ countTokens, setMergeCacheSize }, { O200K_TOKEN_SPLIT_REGEX }] = await Promise.all([
    import("gpt-tokenizer/encoding/o200k_base"),
    import("gpt-tokenizer/encodingParams/constants"),
  ]);
  setMergeCacheSize(10_000);
  const plain = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

  return {
    countTokens(text) {
      let count = 0;
      for (const part of cut(text, maxPart)) {
        for (const countable of cutLongRuns(part, O200K_TOKEN_SPLIT_REGEX))
          count += countTokens(countable, plain);
      }
      return count;
    },
  };
}

/** The text with cuts within its overlong runs only. */
function* cutLongRuns(text: string, runs: RegExp): Generator<string> {
  let from = 0;
  for (const { 0: run, index } of text.matchAll(runs)) {
    if (run.length <= maxRun) continue;
    if (index > from) yield text.slice(from, index);
    yield* cut(run, maxRun);
    from = index + run.length;
  }
  if (from < text.length) yield text.slice(from);
}

/** Parts of at most `length` units, none of which splits a character. */
function* cut(text: string, length: number): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const unit = text.charCodeAt(from + length - 1);
    const splitsPair = unit >= 0xd800 && unit <= 0xdbff && from + length < text.length;
    const to = from + length - (splitsPair ? 1 : 0);
    yield text.slice(from, to);
    from = to;
  }
}
