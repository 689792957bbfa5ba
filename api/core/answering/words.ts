/** A word of a text, or a sign that says as much as one, such as `%` or `<`. */
export interface Word {
  /** What it is compared by: lower case, NFKC, one kind of apostrophe, no hyphens between letters. */
  readonly form: string;
  readonly start: number;
  readonly end: number;
  /** Whether it begins with a capital letter, as names do. */
  readonly isCapital: boolean;
}

const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
/** What is seen as nothing: soft hyphens, zero-width spaces and joiners. */
const unseen = String.raw`\u00AD\u200B-\u200D\u2060\uFEFF`;
const run = String.raw`[[\p{L}\p{M}\p{N}${unseen}]--[${unspaced}]]+`;
const hyphen = String.raw`[\-‐‑]`;
/** Between letters an apostrophe or a hyphen, also at the end of a line; between digits what parts a number. */
const joint = String.raw`(?:['’ʼ＇](?=\p{L})|${hyphen}(?=[\p{L}\p{N}])|(?<=\p{L})-[ \t]*\r?\n[ \t]*(?=\p{L})|(?<=\p{N})[.,:\/–−](?=\p{N}))`;
/** Of a number: a minus that may stand apart, or a dash before degrees. */
const sign = String.raw`(?:(?<![\p{L}\p{N}\-–])[\-−–](?=\p{N})|−[ \u00A0\u202F]?(?=\p{N})|(?<=\S[ \t])[\-–][ \u00A0](?=\p{N}+(?:[.,]\p{N}+)?[ \u00A0\u202F]?°))?`;
/** A blank as HTML writes it. */
const entity = String.raw`&(?:nbsp|thinsp|numsp|puncsp|#0*(?:160|8199|8200|8201|8239)|#x0*(?:a0|2007|2008|2009|202f));`;
/** Thousands with blanks between them: `10 000`, also with a unit right behind them. An entity that was made a blank has others before it. */
const thousands = String.raw`(?<![\p{L}\p{N}])[1-9]\d{0,2}(?:(?:[ '’]| {0,8}[\u00A0\u2000-\u200A\u202F\u205F]|[ \t]?\r?\n|${entity})\d{3})+(?:[.,]\d+)?(?!\p{N})`;
const percent = String.raw`(?<!\p{L})[Pp]er cent(?!\p{L})`;
const symbol = String.raw`[[\p{Sc}\p{Sm}%‰°§&]--[\|~]]`;
const pattern = new RegExp(
  `${percent}|${sign}(?:${thousands}|${run}(?:${joint}${run})*)|[${unspaced}]\\p{M}*|${symbol}`,
  "gv",
);

/** With each hyphen behind or before a letter as a blank, so that "self-hosted" is two words. */
export function partCompounds(text: string): string {
  return text.replace(/(?<=\p{L})[-‐‑](?=[\p{L}\p{N}])|(?<=\p{N})[-‐‑](?=\p{L})/gu, " ");
}

/** In order. What stands between them, such as punctuation and the marks of Markdown, says nothing here. */
export function readWords(text: string): Word[] {
  const words: Word[] = [];
  let last = { end: 0, beginsLine: true };
  for (const { 0: raw, index: start } of text.matchAll(pattern)) {
    const gap = text.slice(last.end, start);
    const beginsLine = (last.beginsLine && gap.trim() === "") || /[\r\n]/.test(gap);
    last = { end: start + raw.length, beginsLine: beginsLine && raw === ">" };
    // There it is the mark of a block quote.
    if (last.beginsLine) continue;
    const form = formOf(raw);
    const isCapital = /^\p{Lu}/u.test(raw);
    if (form !== "") words.push({ form, start, end: start + raw.length, isCapital });
  }
  return words;
}

const entities = new RegExp(entity, "giv");
const invisible = new RegExp(`[${unseen}]`, "gv");
/** NFKC would make "102" of "10²". */
const raised = /[⁰¹²³⁴-⁹₀-₉]/;

function formOf(raw: string): string {
  if (/^[a-z]+$/.test(raw)) return percents.has(raw) ? "%" : raw;
  const visible = (raw.includes("&") ? raw.replace(entities, " ") : raw).replace(invisible, "");
  const plain = raised.test(visible) ? visible : visible.normalize("NFKC");
  const form = plain
    .toLowerCase()
    .replace(/[’ʼ＇]/g, "'")
    .replace(/[–−‐‑]/g, "-")
    .replace(/(?<=[\p{L}\p{M}])-\s*(?=\p{L})/gu, "")
    .replace(/^-\s+/, "-");
  if (percents.has(form)) return "%";
  return grouped.test(form) ? form.replace(/[\s',](?=\d{3})/g, "") : form;
}

const percents = new Set(["percent", "per cent", "prozent", "procent", "percento"]);
/** Three digits each, parted by blanks, commas or apostrophes, all the same way. */
const grouped = /^-?[1-9]\d{0,2}(?:(?:\s+\d{3})+|(?:'\d{3})+|(?:,\d{3})+)(?:[.,]\d+)?$/;

const unspacedWord = new RegExp(`^[${unspaced}]`, "v");

/** Whether it is of a script that sets no spaces between words: one character, hardly a word. */
export function isUnspaced(form: string): boolean {
  return unspacedWord.test(form);
}
