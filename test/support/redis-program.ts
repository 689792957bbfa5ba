import { spawnSync } from "node:child_process";
import { findOnPath } from "./path-search.ts";

/** An executable that is a Redis server when it is called by the name `redis-server` (argv[0]). */
export interface RedisProgram {
  path: string;
}

interface Installer {
  command: string;
  /** Argument lists, run one after the other. */
  steps: readonly (readonly string[])[];
  /** False where the package manager has to be run by an ordinary user. */
  needsRoot: boolean;
}

// Debian's and Ubuntu's redis-tools holds the whole server under the name redis-check-rdb (of which
// redis-server is a link) but no service: so nothing is started or enabled that we'd have to undo. The
// others install a service too, but don't start it.
const installers: readonly Installer[] = [
  {
    command: "apt-get",
    steps: [["update"], ["install", "-y", "--no-install-recommends", "redis-tools"]],
    needsRoot: true,
  },
  { command: "dnf", steps: [["install", "-y", "redis"]], needsRoot: true },
  { command: "apk", steps: [["add", "redis"]], needsRoot: true },
  { command: "brew", steps: [["install", "redis"]], needsRoot: false },
];

const advice =
  "Install redis-server (Debian, Ubuntu: apt-get install redis-server; Fedora: dnf install redis; " +
  "Alpine: apk add redis; macOS: brew install redis), or set REDIS_URL to a Redis that tests may fill.";

/** Finds the server on PATH. */
export async function findRedis(): Promise<RedisProgram | undefined> {
  for (const name of ["redis-server", "redis-check-rdb"]) {
    const path = await findOnPath(name);
    if (path) return { path };
  }
  return undefined;
}

/**
 * Installs the server with the system's package manager (as root or by sudo without a password),
 * saying so.
 * @throws Error that says what to install by hand
 */
export async function installRedis(): Promise<RedisProgram> {
  for (const installer of installers) {
    const command = await findOnPath(installer.command);
    if (!command) continue;
    const prefix = installer.needsRoot ? findRootPrefix() : [];
    if (!prefix) throw new Error(`Redis is missing, and installing it needs root. ${advice}`);
    for (const step of installer.steps) runStep([...prefix, command, ...step]);
    const installed = await findRedis();
    if (installed) return installed;
  }
  throw new Error(`Redis is missing. ${advice}`);
}

/** What to put before a command to run it as root; undefined when that can't be had. */
function findRootPrefix(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n"] : undefined;
}

function runStep(words: readonly string[]): void {
  const [command = "", ...args] = words;
  console.log(`Redis is missing; running: ${words.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, error } = spawnSync(command, args, { stdio: "inherit", env });
  if (status === 0) return;
  throw new Error(`${words.join(" ")} failed (${error?.message ?? `code ${status}`}). ${advice}`);
}
