import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { StartError } from "../../api/app.ts";
import type { Config } from "../../api/config.ts";
import { keepRunning, type Kept } from "./keeper.ts";
import type { OrphanWatch } from "./orphan-watch.ts";

/** The Redis that the processes share. */
export interface SharedRedis {
  readonly url: string;
  /** Undefined for a server that isn't ours. */
  readonly pid: number | undefined;
  /** Ends our server; leaves another one alone. */
  close(): Promise<void>;
}

/** Debian's redis-tools holds the whole server under the second name: it is what it is called by. */
const commands = ["redis-server", "redis-check-rdb"];

const advice =
  "Several processes need a Redis, and there is no redis-server on the PATH. Install it (Debian, Ubuntu: " +
  "apt-get install redis-server; Fedora: dnf install redis; Alpine: apk add redis; macOS: brew install redis), " +
  "or set REDIS_URL to one that runs.";

/**
 * The configured server; else one of our own on a free port of loopback, which keeps nothing on the disk
 * and is started again, empty, when it ends.
 * @throws StartError that says what to install.
 */
export async function openRedis(
  configured: Config["redis"],
  orphans: OrphanWatch,
  report: (line: string) => void,
): Promise<SharedRedis> {
  if (configured) return { url: configured.url, pid: undefined, close: async () => undefined };
  const port = await findFreePort();
  for (const command of commands) {
    const kept = keepRedis(command, port, orphans, report);
    if (!(await isThere(kept))) continue;
    return {
      url: `redis://127.0.0.1:${port}`,
      get pid() {
        return kept.pid;
      },
      close: () => kept.stop(),
    };
  }
  throw new StartError(advice);
}

function keepRedis(
  command: string,
  port: number,
  orphans: OrphanWatch,
  report: (line: string) => void,
): Kept {
  const settings = { bind: "127.0.0.1", port, save: "", appendonly: "no", dir: tmpdir() };
  const program = {
    name: "Redis",
    command,
    argv0: "redis-server",
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    cwd: tmpdir(),
    env: process.env,
    up: /Ready to accept connections/,
    graceMs: 10_000,
  };
  return keepRunning(program, {
    line: () => undefined,
    born: orphans.add,
    up: (_match, pid) => report(`Redis: process ${pid} on 127.0.0.1:${port}`),
    ended({ pid, how }) {
      if (!pid) return;
      orphans.remove(pid);
      report(`Redis: process ${pid} ended (${how})`);
    },
  });
}

/** False when there is no such program. @throws StartError when it doesn't start. */
async function isThere(kept: Kept): Promise<boolean> {
  try {
    await kept.firstUp;
    return true;
  } catch (error) {
    if (error instanceof StartError && error.message.includes("ENOENT")) return false;
    throw error;
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
