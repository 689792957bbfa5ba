import type { Clock } from "../ports.ts";

/** Characters of a piece, where the words allow it. */
const pieceLength = { least: 20, most: 40 } as const;

/** The text in pieces of about 20 to 40 characters, each ending behind white space where there is some. */
export function* cutPieces(text: string): Generator<string, void, undefined> {
  let from = 0;
  while (from < text.length) {
    const to = findEnd(text, from);
    yield text.slice(from, to);
    from = to;
  }
}

function findEnd(text: string, from: number): number {
  const most = from + pieceLength.most;
  if (text.length <= most) return text.length;
  for (let at = from + pieceLength.least; at <= most; at++) if (endsWord(text, at)) return at;
  for (let at = from + pieceLength.least; at > from; at--) if (endsWord(text, at)) return at;
  // Never between the two halves of a character.
  return (text.codePointAt(most - 1) ?? 0) > 0xffff ? most - 1 : most;
}

function endsWord(text: string, at: number): boolean {
  return /\s/.test(text[at - 1] ?? "") && !/\s/.test(text[at] ?? "");
}

/** Resolves after `ms`, at once when the signal is aborted before. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancelTimer();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancelTimer = clock.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
  });
}
