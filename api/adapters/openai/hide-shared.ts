/** A run of so many UTF-16 units that stands in both is no accident. */
const leastRun = 12;
/** Shorter texts are words of any language. */
const leastText = 4;

/**
 * A provider's words without those of the conversation, which it may repeat: messages of people must not reach the log.
 * @param conversation texts of any length, of which each run of 12 units is hidden, and a shorter text as a whole.
 */
export function hideShared(words: string, conversation: readonly string[]): string {
  const sources = conversation
    .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
    .filter(({ length }) => length >= leastText);
  let shown = "";
  for (let at = 0; at < words.length;) {
    const shared = Math.max(0, ...sources.map((source) => sharedFrom(words, at, source)));
    shown += shared > 0 ? "…" : words[at];
    at += Math.max(1, shared);
  }
  return shown;
}

/** How many units from there on stand in the source too; 0 for a run that is too short. */
function sharedFrom(words: string, at: number, source: string): number {
  let length = Math.min(leastRun, source.length);
  if (at + length > words.length || !source.includes(words.slice(at, at + length))) return 0;
  while (at + length < words.length && source.includes(words.slice(at, at + length + 1)))
    length += 1;
  return length;
}
