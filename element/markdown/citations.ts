import type { Source } from "../client/message.ts";

/** What models write between the brackets of a citation; api/core/answering/citation-forms.ts reads the same. */
const label = String.raw`(?:sources?|passages?|documents?|docs?\.?|references?|refs?\.?|citations?|quellen?|fuentes?|fontes?|fonti|bron(?:nen)?)(?:\s*[:#]|\s+(?:no\.|nr\.|number))?\s*`;
const number = String.raw`\^?\d{1,3}`;
const separator = String.raw`\s*(?:[,;&+]|,?\s(?:and|or|und|oder|et|ou|y|e|en)\s)\s*`;
const page = String.raw`(?:\s*,\s*(?:pp?|pages?|S|Seiten?)\.?\s*\d{1,5}(?:\s*[-–]\s*\d{1,5})?)?`;
const marker = String.raw`(?:\s*†[^\]】］\n]{0,60})?`;
const list = new RegExp(
  String.raw`^\s*(?:${label})?(${number}(?:${separator}(?:${label})?${number})*)${page}${marker}\s*$`,
  "i",
);
const longestForm = 1200;
/** The brackets of East Asian scripts, which Markdown takes for text; the last of them ends a citation. */
const wide = /[【［]([^【】［］\n]{1,1200})[】］]/;

/**
 * The marks for the text between two brackets, such as "1", "1, 3", "^1" or "Source 1"; undefined when it cites
 * nothing. Until the sources are known a mark does nothing.
 * @param written the text with its brackets, which comes back where nothing is cited after all.
 */
export function citationsOf(text: string, written = `[${text}]`): HTMLElement[] | undefined {
  if (text.length > longestForm) return undefined;
  const numbers = list.exec(text)?.[1]?.match(/\d+/g)?.map(Number);
  return numbers?.map((one) => {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = "citation";
    mark.setAttribute("part", "citation");
    mark.disabled = true;
    mark.dataset["number"] = String(one);
    mark.dataset["written"] = numbers.length === 1 ? written : `[${one}]`;
    mark.textContent = mark.dataset["number"];
    return mark;
  });
}

/** Makes marks of the citations in wide brackets at the end of a text that has just grown by `added` units. */
export function citeWide(node: Text, added: number): void {
  const reach = longestForm + 2;
  for (
    let from = Math.max(0, node.length - added - reach), match = wide.exec(node.data.slice(from));
    match;
    match = wide.exec(node.data.slice(from))
  ) {
    const [written, inner = ""] = match;
    const marks = citationsOf(inner, written);
    const at = from + match.index;
    if (!marks) {
      from = at + written.length;
      continue;
    }
    const rest = node.splitText(at);
    const tail = rest.splitText(written.length);
    placeCitations(rest, marks);
    node = tail;
    from = 0;
  }
  if (node.length === 0) node.remove();
}

/** Puts the marks behind the word before them, so that none begins a line. */
export function placeCitations(place: HTMLElement | Text, marks: readonly HTMLElement[]): void {
  const before = place.previousSibling;
  const word = before instanceof Text ? (/\S{1,30} ?$/.exec(before.data)?.[0] ?? "") : "";
  if (!(before instanceof Text) || !word) return place.replaceWith(...marks);
  const bound = document.createElement("span");
  bound.className = "bound";
  before.deleteData(before.length - word.length, word.length);
  bound.append(word, ...marks);
  place.replaceWith(bound);
}

/** Brings the marks to life whose source is known; one that cites nothing becomes the text that it was. */
export function linkCitations(root: HTMLElement, sources: readonly Source[]): void {
  const known = new Map(sources.map((source) => [source.number, source]));
  for (const mark of root.querySelectorAll<HTMLButtonElement>("button.citation")) {
    const source = known.get(Number(mark.dataset["number"]));
    if (!source) {
      mark.replaceWith(mark.dataset["written"] ?? `[${mark.textContent}]`);
      continue;
    }
    mark.disabled = false;
    mark.ariaLabel = `Source ${source.number}: ${source.title}`;
  }
}
