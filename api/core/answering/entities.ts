/** Entities that documents have in place of a sign; letters with marks are put together from their name. */
const signs: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00A0",
  ensp: " ",
  emsp: " ",
  thinsp: "\u2009",
  shy: "\u00AD",
  ndash: "–",
  mdash: "—",
  minus: "−",
  hellip: "…",
  lsquo: "‘",
  rsquo: "’",
  sbquo: "‚",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  deg: "°",
  plusmn: "±",
  times: "×",
  euro: "€",
  pound: "£",
  cent: "¢",
  yen: "¥",
  sect: "§",
  para: "¶",
  copy: "©",
  reg: "®",
  trade: "™",
  permil: "‰",
  le: "≤",
  ge: "≥",
  ne: "≠",
  szlig: "ß",
  aelig: "æ",
  AElig: "Æ",
  oslash: "ø",
  Oslash: "Ø",
  aring: "å",
  Aring: "Å",
  oelig: "œ",
  OElig: "Œ",
};

const marks: Readonly<Record<string, string>> = {
  uml: "\u0308",
  acute: "\u0301",
  grave: "\u0300",
  circ: "\u0302",
  tilde: "\u0303",
  cedil: "\u0327",
  caron: "\u030C",
};

const entity = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi;

/**
 * The text with each entity as the sign that a reader sees; every offset stays as it is. What is left over of it
 * becomes blanks before a sign, and behind a letter what is seen as nothing, so that its word stays one.
 */
export function showEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    entity,
    (
      match: string,
      decimal: string | undefined,
      hex: string | undefined,
      name: string | undefined,
      at: number,
    ) => {
      const sign = name === undefined ? fromCode(decimal, hex) : fromName(name);
      if (sign === undefined || sign.length > match.length) return match;
      if (/^[\p{L}\p{N}\u00AD]/u.test(sign)) return sign.padEnd(match.length, "\u200B");
      const isWithin = /['’]/.test(sign) && /\p{L}/u.test(text[at + match.length] ?? "");
      return sign.padStart(match.length, isWithin ? "\u200B" : " ");
    },
  );
}

function fromCode(decimal: string | undefined, hex: string | undefined): string | undefined {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  const isCharacter = code >= 32 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

function fromName(name: string): string | undefined {
  if (Object.hasOwn(signs, name)) return signs[name];
  const mark = marks[name.slice(1)];
  return mark === undefined ? undefined : `${name[0]}${mark}`.normalize("NFC");
}
