import { readdirSync, statSync } from "node:fs";
import { basename, extname, join, relative, resolve, sep } from "node:path";
import { CommandError } from "./command-error.ts";

export interface DocumentFile {
  readonly path: string;
  /** Its path within the folder that was named, with slashes; of a file that was named, its name. */
  readonly source: string;
  readonly mediaType: string;
}

const mediaTypes: ReadonlyMap<string, string> = new Map([
  [".md", "text/markdown"],
  [".markdown", "text/markdown"],
  [".txt", "text/plain"],
  [".html", "text/html"],
  [".htm", "text/html"],
  [".pdf", "application/pdf"],
  [".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  [".csv", "text/csv"],
  [".json", "application/json"],
]);

/**
 * The documents that are named, and those in the folders that are named, in the order of their names.
 * @param workingDir where relative paths begin.
 * @throws CommandError for a path that isn't there or is no document, for a folder without any, and for two files that would get one source.
 */
export function findDocumentFiles(workingDir: string, paths: readonly string[]): DocumentFile[] {
  const files = paths.flatMap((path) => {
    const full = resolve(workingDir, path);
    return isFolder(full, path) ? findInFolder(full, path) : [named(full, path)];
  });
  const seen = new Map<string, string>();
  for (const { path, source } of files) {
    const other = seen.get(source);
    if (other === path) throw new CommandError(`${path} is named twice`);
    if (other) throw new CommandError(`${other} and ${path} would both get the source ${source}`);
    seen.set(source, path);
  }
  return files;
}

/** @throws CommandError when nothing is there */
export function isFolder(full: string, shown: string): boolean {
  const stats = statSync(full, { throwIfNoEntry: false });
  if (!stats) throw new CommandError(`${shown} is not there`);
  return stats.isDirectory();
}

function named(path: string, shown: string): DocumentFile {
  const file = toDocumentFile(path, basename(path));
  if (file) return file;
  throw new CommandError(`${shown} is none of ${[...mediaTypes.keys()].join(", ")}`);
}

function findInFolder(folder: string, shown: string): DocumentFile[] {
  const paths = listFiles(folder).toSorted((a, b) => (a < b ? -1 : 1));
  const files = paths.flatMap(
    (path) => toDocumentFile(path, relative(folder, path).replaceAll(sep, "/")) ?? [],
  );
  if (files.length > 0) return files;
  throw new CommandError(`${shown} holds no files with ${[...mediaTypes.keys()].join(", ")}`);
}

/** A link to a file counts as that file; a link to a folder is not followed, since it may lead round in a circle. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : listFiles(path);
    }
    const isFile = entry.isFile() || statSync(path, { throwIfNoEntry: false })?.isFile();
    return isFile ? [path] : [];
  });
}

/** One spelling of accents, since file systems differ in theirs. */
function toDocumentFile(path: string, source: string): DocumentFile | undefined {
  const mediaType = mediaTypes.get(extname(path).toLowerCase());
  return mediaType === undefined ? undefined : { path, source: source.normalize("NFC"), mediaType };
}
