/** The name by which robots.txt knows us, and the User-Agent of every request. */
export const productName = "miptech-platform";

/** What a host's robots.txt lets us do (RFC 9309). */
export interface RobotsRules {
  /** @param path with the query, as in a URL. */
  isAllowed(path: string): boolean;
  /** `Crawl-delay`, in ms. */
  readonly pauseMs: number | undefined;
  /** What keeping them takes at most, in bytes. */
  readonly size: number;
}

interface Group {
  readonly agents: string[];
  readonly rules: Rule[];
  pauseMs: number | undefined;
}

interface Rule {
  readonly allows: boolean;
  readonly pattern: string;
}

export const allAllowed: RobotsRules = { isAllowed: () => true, pauseMs: undefined, size: 0 };
export const nothingAllowed: RobotsRules = {
  isAllowed: () => false,
  pauseMs: undefined,
  size: 0,
};

/** Of a rule beside its text, in bytes. */
const ruleSize = 100;

/** The groups that name us, else those for all; what is no line of robots.txt is passed over. */
export function parseRobots(text: string): RobotsRules {
  const groups = readGroups(text);
  const named = groups.filter(({ agents }) => agents.includes(productName));
  const own = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes("*"));
  // The longest pattern decides, and of two that are as long the one that allows.
  const rules = own
    .flatMap((group) => group.rules)
    .toSorted((a, b) => b.pattern.length - a.pattern.length || Number(b.allows) - Number(a.allows));
  return {
    isAllowed(path) {
      const wanted = normalize(path);
      return rules.find(({ pattern }) => matches(pattern, wanted))?.allows ?? true;
    },
    pauseMs: own.find(({ pauseMs }) => pauseMs !== undefined)?.pauseMs,
    // A pattern may be a piece of the text that it was cut from, which then stays as a whole.
    size: rules.length === 0 ? 0 : 2 * text.length + rules.length * ruleSize,
  };
}

function readGroups(text: string): Group[] {
  const groups: Group[] = [];
  let isOpen = false;
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const [, name = "", value = ""] =
      /^\s*([a-z-]+)\s*:\s*([^#]*)/i.exec(line.slice(0, maxLineLength)) ?? [];
    const key = name.toLowerCase();
    const given = value.trim();
    if (key === "user-agent") {
      if (!isOpen) groups.push({ agents: [], rules: [], pauseMs: undefined });
      isOpen = true;
      groups.at(-1)?.agents.push(given.toLowerCase());
      continue;
    }
    const isRule = key === "allow" || key === "disallow";
    if (isRule || key === "crawl-delay") isOpen = false;
    const group = groups.at(-1);
    if (isRule && given !== "")
      group?.rules.push({ allows: key === "allow", pattern: normalize(given) });
    if (group && key === "crawl-delay" && /^\d+(\.\d+)?$/.test(given))
      group.pauseMs = Number(given) * 1000;
  }
  return groups;
}

const maxLineLength = 2000;

/** One spelling of what is percent-encoded. */
function normalize(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\x21-\x7e]+/g, encodeURIComponent)
    .replace(/%[\da-f]{2}/gi, (triplet) => triplet.toUpperCase());
}

/** `*` stands for anything, `$` at the end for the end. The pieces are looked for one behind the other, each once. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith("$");
  const pieces = (isWhole ? pattern.slice(0, -1) : pattern).split("*");
  const first = pieces.shift() ?? "";
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = isWhole ? pieces.pop() : undefined;
  for (const piece of pieces) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  if (!isWhole) return true;
  return last === undefined
    ? at === path.length
    : path.length - last.length >= at && path.endsWith(last);
}
