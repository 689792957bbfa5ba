import { chown, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { settingsFile } from "./cluster.ts";
import { runCommand } from "./command.ts";
import type { Host } from "./host.ts";
import { readPostmaster } from "./postmaster.ts";

/** What it takes to start a server. */
export interface ServerPlan {
  host: Host;
  cluster: string;
  /** The wanted port; the next free one is taken when it is in use; 0 = any. */
  port: number;
  /** PostgreSQL settings by name, unquoted. */
  settings: Readonly<Record<string, string>>;
  logFile: string;
  report: (line: string) => void;
}

/**
 * Starts PostgreSQL and waits until it accepts connections.
 * @returns its port; undefined when another start, begun by a run killed since, came first
 * @throws Error with the last lines of its log
 */
export async function startServer(plan: ServerPlan): Promise<number | undefined> {
  const { host, cluster, logFile } = plan;
  const giveUpAt = Date.now() + 15_000;
  for (let wanted = plan.port; ;) {
    const port = await findFreePort(wanted);
    await writeSettings(plan, port);
    const { started, log } = await runStart(plan);
    if (started) return port;
    if (log.includes(`lock file "postmaster.pid" already exists`)) return undefined;
    if (Date.now() < giveUpAt) {
      if (log.includes("could not bind")) {
        wanted = 0; // somebody took the port since we looked
        continue;
      }
      if (log.includes("pre-existing shared memory block")) {
        await delay(250); // processes of a killed server are about to end
        continue;
      }
    }
    if (await readPostmaster(cluster)) await stopServer(host, cluster); // too slow, but running
    throw new Error(`PostgreSQL did not start. The end of ${logFile}:\n${log}`);
  }
}

/**
 * Stops the server of a cluster, ours or adopted, and waits until it is gone: connections are ended
 * and everything is written; after 30 s without an end it is cut off, and recovers at its next start.
 */
export async function stopServer(host: Host, cluster: string): Promise<void> {
  for (const [mode, seconds] of [
    ["fast", 30],
    ["immediate", 10],
  ] as const) {
    if (!(await readPostmaster(cluster))) return;
    const args = ["stop", "-s", "-w", "-D", cluster, "-m", mode, "-t", String(seconds)];
    await runCommand(host.binaries.pgCtl, args, { user: host.user, cwd: cluster });
  }
  const left = await readPostmaster(cluster);
  if (left) throw new Error(`PostgreSQL (process ${left.pid}) did not stop.`);
}

const startSeconds = 300; // recovery after a crash may take its time
const largestLog = 5 * 1024 * 1024;

async function runStart(plan: ServerPlan): Promise<{ started: boolean; log: string }> {
  const { host, cluster, logFile, report } = plan;
  await rotateLog(logFile);
  const log = await open(logFile, "a+", 0o600);
  const slow = setTimeout(() => report("Waiting for PostgreSQL to start …"), 3_000);
  try {
    const { size } = await log.stat();
    if (host.user) await log.chown(host.user.uid, host.user.gid);
    // Through pg_ctl: it waits for readiness, and gives up an administrator's rights on Windows.
    const args = ["start", "-s", "-w", "-D", cluster, "-t", String(startSeconds)];
    const { code } = await runCommand(host.binaries.pgCtl, args, {
      user: host.user,
      cwd: cluster,
      log: log.fd,
      detached: true,
    });
    return { started: code === 0, log: code === 0 ? "" : await readEnd(logFile, size) };
  } finally {
    clearTimeout(slow);
    await log.close();
  }
}

/** Keeps one older log, so that the two stay below twice `largestLog` plus what one run writes. */
async function rotateLog(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLog) await rename(logFile, `${logFile}.old`);
}

async function readEnd(logFile: string, from: number): Promise<string> {
  const written = (await readFile(logFile)).subarray(from).toString();
  return written.trim().split("\n").slice(-20).join("\n");
}

/**
 * Statements carry people's messages, and so do the words of many errors, their details above all. Whoever sent the
 * statement is told of its error and logs it without them; here stands what befalls the server itself.
 */
const discreet = {
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

/** A file and not arguments: pg_ctl would hand them to a shell. */
async function writeSettings(plan: ServerPlan, port: number): Promise<void> {
  const settings = {
    max_connections: "200",
    ...discreet,
    ...plan.settings,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'\n`,
  );
  const file = join(plan.cluster, settingsFile);
  // Written apart and renamed: as root we must not follow a link that the server's user put there.
  await rm(`${file}.new`, { force: true });
  await writeFile(`${file}.new`, `# Written before each start.\n${lines.join("")}`, { flag: "wx" });
  if (plan.host.user) await chown(`${file}.new`, plan.host.user.uid, plan.host.user.gid);
  await rename(`${file}.new`, file);
}

/** The wanted port, else one of the nine above it, else any. */
async function findFreePort(wanted: number): Promise<number> {
  const above = wanted === 0 ? [] : Array.from({ length: 10 }, (_, step) => wanted + step);
  for (const candidate of [...above.filter((port) => port < 65_536), 0]) {
    const port = await tryPort(candidate);
    if (port !== undefined) return port;
  }
  throw new Error("No port is free on 127.0.0.1.");
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === "object" ? address?.port : undefined;
      server.close(() => resolve(taken));
    });
  });
}
