/** Words in quotation marks; the marks themselves stand just outside. */
export interface Quoted {
  readonly start: number;
  readonly end: number;
  /** Of the marks: a single straight or curly one may as well be an apostrophe. */
  readonly isDoubtful: boolean;
}

/** By the opening mark: what closes it. Languages disagree on many of them. */
const pairs: Readonly<Record<string, string>> = {
  "“": "”“",
  "„": "“”",
  "”": "”",
  "«": "»",
  "»": "«»",
  "‹": "›",
  "›": "‹›",
  "‘": "’",
  "‚": "‘’",
  "「": "」",
  "『": "』",
  "〝": "〞〟",
  "＂": "＂",
  '"': '"',
  "'": "'",
};
const closers = new Set(Object.values(pairs).join("").split(""));
const marks = /["'“”„«»‹›‘’‚「」『』〝〞〟＂]/g;
const wordSign = /[\p{L}\p{N}]/u;

/**
 * The outermost quotations of a paragraph, in order, in one pass. A mark that closes takes the nearest open one that
 * it fits, and with it all that were opened in between; marks that never close, and apostrophes, quote nothing.
 */
export function findQuoted(text: string): Quoted[] {
  const open = new Map<string, number[]>();
  const found: Quoted[] = [];
  for (const { 0: mark, index } of text.matchAll(marks)) {
    const [before, after] = [text[index - 1] ?? " ", text[index + 1] ?? " "];
    if (isApostrophe(mark, before, after)) continue;
    const mayClose = closers.has(mark) && (isSpaced(mark) || !/\s/.test(before));
    const opener = mayClose ? findOpener(open, mark) : undefined;
    if (opener) {
      addOutermost(found, { start: opener.at + 1, end: index, isDoubtful: /['’]/.test(mark) });
      dropBehind(open, opener.at);
    } else if (
      pairs[mark] &&
      (isSpaced(mark) || !/\s/.test(after)) &&
      (mark !== "'" || !wordSign.test(before))
    ) {
      const places = open.get(mark);
      if (places) places.push(index);
      else open.set(mark, [index]);
    }
  }
  return found;
}

/** French sets a space within. */
function isSpaced(mark: string): boolean {
  return /[«»‹›]/.test(mark);
}

function isApostrophe(mark: string, before: string, after: string): boolean {
  return /['’]/.test(mark) && wordSign.test(before) && wordSign.test(after);
}

/** The nearest open mark that this one closes. */
function findOpener(open: ReadonlyMap<string, number[]>, mark: string) {
  let nearest: { at: number } | undefined;
  for (const [opener, places] of open) {
    const at = places.at(-1);
    if (at === undefined || !pairs[opener]?.includes(mark)) continue;
    if (!nearest || at > nearest.at) nearest = { at };
  }
  return nearest;
}

function dropBehind(open: ReadonlyMap<string, number[]>, from: number): void {
  for (const places of open.values()) while ((places.at(-1) ?? -1) >= from) places.pop();
}

function addOutermost(found: Quoted[], quoted: Quoted): void {
  while ((found.at(-1)?.start ?? -1) > quoted.start) found.pop();
  if (quoted.end > quoted.start) found.push(quoted);
}
