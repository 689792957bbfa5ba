/** The parser knows no `<https://…>`: it gets a link with this as its text, which stands for the address. */
export const autolinkText = "\uE000";

const whole = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/i;
const begun = /^<(?:https?:\/\/|mailto:)[^\s<>]{0,2000}$/i;
const openings = ["<https://", "<http://", "<mailto:"];

export interface Autolink {
  /** As the parser understands it. */
  readonly markdown: string;
  /** UTF-16 units of the text that it takes the place of. */
  readonly length: number;
}

/** The autolink that a text begins with; "begun" while it can still become one. */
export function readAutolink(text: string): Autolink | "begun" | undefined {
  const [match, address] = whole.exec(text) ?? [];
  if (match !== undefined && address !== undefined) {
    const encoded = address.replaceAll("(", "%28").replaceAll(")", "%29");
    return { markdown: `[${autolinkText}](${encoded})`, length: match.length };
  }
  const lower = text.toLowerCase();
  const isBegun = begun.test(text) || openings.some((opening) => opening.startsWith(lower));
  return isBegun ? "begun" : undefined;
}
