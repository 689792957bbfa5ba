import { readFile, writeFile } from "node:fs/promises";

/** From now on `readPeak` tells the most since then (proc(5), clear_refs). */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
}

/** Bytes of memory that the process had at most. */
export const readPeak = (pid: number): Promise<number> => readField(pid, "VmHWM");
/** Bytes of memory that the process has. */
export const readHeld = (pid: number): Promise<number> => readField(pid, "VmRSS");

async function readField(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`There is no ${name} of process ${pid}`);
  return Number(kibibytes) * 1024;
}

/** The processes that it has started and that still run, by their ids. */
export async function listChildrenOf(pid: number): Promise<string[]> {
  const told = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return told.split(" ").filter((id) => id !== "");
}
