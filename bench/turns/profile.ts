import type { Profiler } from "node:inspector";

/** Where time was spent, by package or folder. */
export interface ProfileShare {
  readonly place: string;
  /** Microseconds of its own: without what it calls. */
  readonly self: number;
}

/** What is no work of the server: also the profiler's own. */
const left = new Set(["(idle)", "(root)", "node:inspector"]);

/** Adds up the samples of a profile by package or folder, the largest first. */
export function sumProfile({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const sums = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? "(unknown)";
    if (left.has(place)) continue;
    sums.set(place, (sums.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return [...sums]
    .map(([place, self]): ProfileShare => ({ place, self }))
    .sort((a, b) => b.self - a.self);
}

function placeOf({ url, functionName, lineNumber }: Profiler.ProfileNode["callFrame"]): string {
  if (url === "") {
    // V8's own, such as (program), which is native code that no function stands for, or (garbage collector).
    if (functionName.startsWith("(")) return functionName;
    return lineNumber < 0 ? "JavaScript's built-in functions" : "functions made at run time";
  }
  if (url.startsWith("node:")) {
    const [, name = ""] = /^node:(?:internal\/)?(?:deps\/)?(\w+)/.exec(url) ?? [];
    return `node:${name}`;
  }
  const [, pack] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (pack) return pack;
  const [, folder] =
    /\/(api\/(?:adapters\/[^/]+|core(?:\/[^/]+(?=\/))?|[^/]+(?=\/)))/.exec(url) ?? [];
  return folder ?? (/\/bench\//.test(url) ? "the server itself" : "api");
}
