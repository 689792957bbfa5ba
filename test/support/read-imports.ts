import { builtinModules } from "node:module";
import { posix } from "node:path";
import { parseSync } from "vite";

export interface Import {
  /** The file that imports, from the repository's root. */
  readonly from: string;
  readonly target: Target;
  /** `import type` and `export type`: gone when the program runs. */
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

export type Target =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "builtin"; readonly name: string }
  /** `import(expression)`. */
  | { readonly kind: "unknown"; readonly text: string };

/**
 * Everything that a file imports: static, dynamic, by type, by re-export.
 * @param path from the repository's root, with slashes.
 * @throws Error where the source can't be parsed.
 */
export function readImports(path: string, source: string): Import[] {
  const { module, program, errors } = parseSync(path, source);
  if (errors.length > 0)
    throw new Error(`${path}: ${errors.map(({ message }) => message).join(", ")}`);
  const imports: Import[] = [];
  const add = (specifier: string, isType: boolean, isDynamic = false) =>
    imports.push({ from: path, target: resolve(path, specifier), isType, isDynamic });

  for (const { start, moduleRequest } of module.staticImports) {
    add(moduleRequest.value, /^import\s+type[\s{*]/.test(source.slice(start)));
  }
  for (const { start, entries } of module.staticExports) {
    const isType = /^export\s+type[\s{*]/.test(source.slice(start));
    const requests = new Set(entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []));
    for (const specifier of requests) add(specifier, isType);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const text = source.slice(moduleRequest.start, moduleRequest.end);
    const literal = /^(["'`])([^"'`$\\]+)\1$/.exec(text)?.[2];
    if (literal) add(literal, false, true);
    else
      imports.push({
        from: path,
        target: { kind: "unknown", text },
        isType: false,
        isDynamic: true,
      });
  }
  const calls = source.match(/\bimport\s*\(/g)?.length ?? 0;
  // Walking the tree is the slow part, and needed where there is more than the dynamic imports.
  if (calls > module.dynamicImports.length)
    for (const name of findTypeQueries(program)) add(name, true);
  return imports;
}

function resolve(from: string, specifier: string): Target {
  if (/^\.{0,2}\//.test(specifier))
    return { kind: "file", path: posix.join(posix.dirname(from), specifier) };
  if (specifier.startsWith("node:") || builtinModules.includes(specifier))
    return { kind: "builtin", name: specifier };
  const [scope = "", name = ""] = specifier.split("/");
  return { kind: "package", name: scope.startsWith("@") ? `${scope}/${name}` : scope };
}

/** `import("./x.ts").Name`, as a type. */
function findTypeQueries(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(findTypeQueries);
  if (typeof node !== "object" || node === null) return [];
  const found = Object.values(node).flatMap(findTypeQueries);
  if (!("type" in node && node.type === "TSImportType" && "source" in node)) return found;
  const { source } = node;
  const isLiteral = typeof source === "object" && source !== null && "value" in source;
  return isLiteral && typeof source.value === "string" ? [source.value, ...found] : found;
}
