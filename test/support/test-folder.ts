import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes a temporary folder whose name tells which process it belongs to. The caller removes it. */
export function makeTestFolder(kind: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `miptech-test-${kind}-${process.pid}-`));
}

/** Folders of this kind whose test run was killed, with what may still run in them. */
export async function findAbandonedFolders(kind: string): Promise<string[]> {
  const prefix = `miptech-test-${kind}-`;
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  return names
    .filter((name) => !isAlive(Number.parseInt(name.slice(prefix.length), 10)))
    .map((name) => join(tmpdir(), name));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
