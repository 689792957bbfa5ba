import { blankCode } from "./citation-marks.ts";
import { showEntities } from "./entities.ts";

/** Comments, and what is struck through or never shown: a document doesn't say it. A comment may miss its end. */
const hidden =
  /<!--(?:[\s\S]*?-->|[\s\S]*$)|<(del|s|strike|script|style|template)(?:\s[^<>]{0,300})?>[\s\S]{0,4000}?<\/\1\s*>|(?<![~\\])~~(?=[^\s~])(?:[^~\n]|\n(?![ \t]*\r?\n)|~(?!~)){1,2000}~~(?!~)/gi;

/** The text with blanks in place of what it takes back or hides, but for its code; every offset stays as it is. */
export function blankHidden(text: string): string {
  if (!/<(?:!--|del|s|strike|script|style|template)\b|<!--|~~/i.test(text)) return text;
  let shown = "";
  let from = 0;
  for (const { 0: match, index } of blankCode(text).matchAll(hidden)) {
    shown += text.slice(from, index) + blank(text.slice(index, index + match.length));
    from = index + match.length;
  }
  return shown + text.slice(from);
}

/** Text may stand between angle brackets too: a tag has the name of an element, and attributes with values. */
const names =
  "a|abbr|address|article|aside|audio|b|bdi|bdo|big|blockquote|body|br|button|caption|center|cite|code|col|colgroup|data|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|picture|pre|q|rp|rt|ruby|s|samp|section|select|small|source|span|strike|strong|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|tr|tt|u|ul|var|video|wbr";
const attribute = String.raw`\s+(?:open|hidden|checked|disabled|controls|[a-z][\w:.\-]{0,60}\s?=\s?(?:"[^"]{0,2000}"|'[^']{0,2000}'|[^\s"'<>=\x60]{1,2000}))`;
const tag = String.raw`<(?:\/(?:${names})|(?:${names})(?:${attribute}){0,30})\s*\/?>`;
/** With one more pair of parentheses in it, or between angle brackets. */
const address = String.raw`\]\([ \t]?(?:<[^<>\n]{0,2000}>|(?:[^()\s]|\([^()\s]{0,500}\)){0,2000})(?:\s+(?:"[^"\n]{0,300}"|'[^'\n]{0,300}'))?[ \t]?\)`;
/** `][name]` of a link, and the line `[name]: address`. */
const reference = String.raw`(?<=[^\]\s])\]\[[^\]\n]{0,100}\]|^ {0,3}\[[^\]\n]{1,100}\]:[ \t]*\S+[^\n]*$`;
const numbering = String.raw`^[ \t]*\d{1,9}[.)](?=[ \t])`;
const markup = new RegExp([address, tag, reference, numbering].join("|"), "gim");

/** What a reader sees, with blanks in place of what Markdown and HTML don't show; every offset stays as it is. */
export function readSeen(text: string): string {
  return showEntities(text.replace(markup, blank));
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}
