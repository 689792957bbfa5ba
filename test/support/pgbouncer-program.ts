import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findOnPath, isExecutable } from "./path-search.ts";

interface Installer {
  readonly command: string;
  /** Argument lists, run one after the other. */
  readonly steps: readonly (readonly string[])[];
  /** False where the package manager has to be run by an ordinary user. */
  readonly needsRoot: boolean;
}

const installers: readonly Installer[] = [
  {
    command: "apt-get",
    steps: [["update"], ["install", "-y", "--no-install-recommends", "pgbouncer"]],
    needsRoot: true,
  },
  { command: "dnf", steps: [["install", "-y", "pgbouncer"]], needsRoot: true },
  { command: "apk", steps: [["add", "pgbouncer"]], needsRoot: true },
  { command: "brew", steps: [["install", "pgbouncer"]], needsRoot: false },
];

const advice =
  "Install it (Debian, Ubuntu: apt-get install pgbouncer; Fedora: dnf install pgbouncer; " +
  "Alpine: apk add pgbouncer; macOS: brew install pgbouncer).";

/**
 * Finds PgBouncer on PATH, else installs it with the system's package manager (as root or by sudo
 * without a password), saying so.
 * @param place where Debian puts it, which an ordinary user has not on PATH
 * @returns its path. @throws Error that says what to install by hand
 */
export async function requirePgBouncer(place = "/usr/sbin/pgbouncer"): Promise<string> {
  return (await findPgBouncer(place)) ?? (await install(place));
}

async function findPgBouncer(place: string): Promise<string | undefined> {
  return (await findOnPath("pgbouncer")) ?? ((await isExecutable(place)) ? place : undefined);
}

async function install(place: string): Promise<string> {
  for (const { command, steps, needsRoot } of installers) {
    const program = await findOnPath(command);
    if (!program) continue;
    const prefix = needsRoot ? findRootPrefix() : [];
    if (!prefix) throw new Error(`PgBouncer is missing, and installing it needs root. ${advice}`);
    for (const step of steps) runStep([...prefix, program, ...step]);
    // Debian's package starts a service that nobody here has asked for.
    if (command === "apt-get" && existsSync("/run/systemd/system"))
      runStep([...prefix, "systemctl", "disable", "--now", "pgbouncer"]);
    const installed = await findPgBouncer(place);
    if (installed) return installed;
  }
  throw new Error(`PgBouncer is missing. ${advice}`);
}

/** What to put before a command to run it as root; undefined when that can't be had. */
function findRootPrefix(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n"] : undefined;
}

function runStep(words: readonly string[]): void {
  const [command = "", ...args] = words;
  console.log(`PgBouncer is missing; running: ${words.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, error } = spawnSync(command, args, { stdio: "inherit", env });
  if (status === 0) return;
  throw new Error(`${words.join(" ")} failed (${error?.message ?? `code ${status}`}). ${advice}`);
}
