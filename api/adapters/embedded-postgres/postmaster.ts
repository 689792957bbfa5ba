import { readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";

/** A running server's main process, as it describes itself in its data folder. */
export interface Postmaster {
  pid: number;
  port: number;
}

/**
 * Reads `postmaster.pid` of a cluster: undefined unless a living PostgreSQL of this cluster stands
 * behind it. When the number has meanwhile gone to another program (after a reboot, in a container),
 * the file is removed, for PostgreSQL itself would take that program for its predecessor.
 */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const file = join(cluster, "postmaster.pid");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  // Lines: process, data folder, start time, port, socket folder, address, memory key, state.
  const [pid, , , port] = text.split("\n").map(Number);
  if (!pid || !isAlive(pid)) return undefined;
  if (!(await isStranger(pid, cluster))) return { pid, port: port ?? 0 };
  await rm(file, { force: true });
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** True only when it is certain: two servers on one data folder would destroy it. */
async function isStranger(pid: number, cluster: string): Promise<boolean> {
  const command = await readCommand(pid);
  if (command === undefined) return false;
  if (!command.includes("postgres")) return true;
  // A server works in its data folder, and this path follows the folder when it is renamed.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return folder !== undefined && folder !== cluster;
}

/** The command line of a process; empty for one that has ended; undefined where it can't be told. */
async function readCommand(pid: number): Promise<string | undefined> {
  if (process.platform === "win32") return undefined;
  if (process.platform === "linux") {
    return readFile(`/proc/${pid}/cmdline`, "utf8").catch((error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" || error.code === "ESRCH" ? "" : undefined,
    );
  }
  const args = ["-ww", "-o", "args=", "-p", String(pid)];
  return (await runCommand("ps", args, { user: undefined })).output;
}
