import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Ends our child processes when we are killed and can't do it ourselves. */
export interface OrphanWatch {
  readonly add: (pid: number) => void;
  readonly remove: (pid: number) => void;
  readonly close: () => Promise<void>;
}

/** A small process of its own; that we are gone it learns from the end of its input. */
export function startOrphanWatch(): OrphanWatch {
  const child = spawn(process.execPath, [import.meta.filename], {
    detached: true,
    windowsHide: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  child.stdin.on("error", () => undefined); // it was killed; its end is waited for in close
  return {
    add: (pid) => void child.stdin.write(`+${pid}\n`),
    remove: (pid) => void child.stdin.write(`-${pid}\n`),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

async function watch(): Promise<void> {
  const pids = new Set<number>();
  for await (const line of createInterface({ input: process.stdin })) {
    const pid = Number(line.slice(1));
    if (line.startsWith("+")) pids.add(pid);
    else pids.delete(pid);
  }
  for (const pid of pids) end(pid);
}

function end(pid: number): void {
  for (const signal of ["SIGCONT", "SIGTERM"]) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
      if (!isGone) throw error;
    }
  }
}

if (import.meta.main) await watch();
