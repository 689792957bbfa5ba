import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CommandError } from "./command-error.ts";
import { wrong } from "./command-line.ts";

/** A JSON merge patch, as nested as the names are long. */
export type Patch = { [name: string]: unknown };

/**
 * The merge patch that `--set NAME=VALUE` and `--unset NAME` stand for. A value is JSON where it reads as JSON, else
 * a text, and `@FILE` takes it from a file.
 * @throws CommandError
 */
export function readSettings(
  set: readonly string[],
  unset: readonly string[],
  workingDir: string,
): Patch {
  const patch: Patch = Object.create(null) as Patch;
  for (const given of set) {
    const [name, value] = splitOnce(given);
    put(patch, name, readValue(value, workingDir));
  }
  for (const name of unset) put(patch, name, null);
  return patch;
}

function splitOnce(given: string): [name: string, value: string] {
  const at = given.indexOf("=");
  if (at < 1) throw wrong(`--set ${given}: NAME=VALUE is expected`);
  return [given.slice(0, at), given.slice(at + 1)];
}

function put(patch: Patch, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let group = patch;
  for (const name of names) {
    const inner = (group[name] ??= Object.create(null) as Patch);
    if (!isPatch(inner)) throw wrong(`${path}: it is set as a whole already`);
    group = inner;
  }
  if (last in group) throw wrong(`${path}: it is given twice`);
  group[last] = value;
}

function isPatch(value: unknown): value is Patch {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}

function readValue(text: string, workingDir: string): unknown {
  const value = text.startsWith("@") ? readFile(text.slice(1), workingDir) : text;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    // What is no JSON is a text.
    return value;
  }
}

function readFile(path: string, workingDir: string): string {
  try {
    return readFileSync(resolve(workingDir, path), "utf8").trim();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}
