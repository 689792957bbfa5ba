import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type ReaderTask, tellTask } from "./reader-task.ts";

const MiB = 1024 * 1024;
const packages = "node_modules";

/**
 * Starts the program that reads a document: without our environment, whose secrets are no document's
 * business, and by Node's permissions without writing, starting programs, or reading what isn't ours.
 * Node 24 has no permission for the network; nothing that runs there asks for any.
 */
export function startReader(
  task: ReaderTask,
  program: string = join(import.meta.dirname, "reader.ts"),
): ChildProcessWithoutNullStreams {
  // What isn't of JavaScript's own heap is bound by the watch inside the process.
  const heap = Math.max(32, Math.floor((task.limits.memory * 0.75) / MiB));
  const flags = [
    "--permission",
    ...readable().map((path) => `--allow-fs-read=${path}`),
    "--allow-worker",
    `--max-old-space-size=${heap}`,
    "--no-warnings",
  ];
  return spawn(process.execPath, [...flags, program, tellTask(task)], {
    env: {},
    stdio: "pipe",
    windowsHide: true,
    cwd: import.meta.dirname,
  });
}

/** The program's own files and its packages, where they seem to stand and where they really do. */
function readable(): string[] {
  const api = join(import.meta.dirname, "../..");
  const { resolve } = createRequire(import.meta.url);
  const found = resolve("mammoth");
  const real = found.slice(0, found.lastIndexOf(packages) + packages.length);
  const folders = [api, real, ...(resolve.paths("mammoth") ?? [])];
  return [...folders.map((folder) => join(folder, "*")), join(api, "../package.json")];
}
