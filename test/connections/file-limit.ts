import { execFileSync } from "node:child_process";
import { UsageError } from "../support/number-options.ts";

/** The files, connections among them, that a process may have open; Node takes all that it may. */
export function readFileLimit(): number {
  const text = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return text === "unlimited" ? Infinity : Number(text);
}

/** @throws UsageError that says what to do when a process may not open so many connections. */
export function checkFileLimit(connections: number, limit: number): void {
  const needed = connections + spareFiles;
  if (limit >= needed) return;
  throw new UsageError(
    `${connections} connections need ${needed} open files, and this shell allows ${limit}: ` +
      `run "ulimit -n ${needed}" first (as root, or after raising the limit in /etc/security/limits.conf), ` +
      "or ask for fewer connections.",
  );
}

/** For the database, logs and the rest. */
const spareFiles = 200;
