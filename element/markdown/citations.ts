import type { Source } from "../client/message.ts";

const pattern = /^\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*$/;

/**
 * The marks for the text between two brackets, as "1" or "1, 3"; undefined when it cites nothing. Until
 * the sources are known a mark does nothing.
 */
export function citationsOf(text: string): HTMLElement[] | undefined {
  if (!pattern.test(text)) return undefined;
  return text.split(",").map((number) => {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = "citation";
    mark.setAttribute("part", "citation");
    mark.disabled = true;
    mark.dataset["number"] = String(Number(number));
    mark.textContent = mark.dataset["number"];
    return mark;
  });
}

/** Puts the marks behind the word before them, so that none begins a line. */
export function placeCitations(place: HTMLElement, marks: readonly HTMLElement[]): void {
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
      mark.replaceWith(`[${mark.textContent}]`);
      continue;
    }
    mark.disabled = false;
    mark.ariaLabel = `Source ${source.number}: ${source.title}`;
  }
}
