import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findFreePort } from "./free-port.ts";
import { findRedis, installRedis, type RedisProgram } from "./redis-program.ts";
import { findAbandonedFolders, makeTestFolder } from "./test-folder.ts";

export interface TestRedis {
  /** redis://host:port */
  url: string;
  port: number;
  /** Undefined for the server of `REDIS_URL`, which isn't ours. */
  pid: number | undefined;
  /** Ends our server and removes its folder; leaves another one alone. Can be repeated. */
  close(): Promise<void>;
  /** @throws Error for the server of `REDIS_URL` */
  kill(signal: NodeJS.Signals): void;
  /** Starts a killed one again, empty, on the same port. @throws Error for the server of `REDIS_URL` */
  restart(): Promise<void>;
}

const kind = "redis";
const socketName = "redis.sock";

/**
 * Starts an empty Redis of our own on loopback that writes nothing to the disk. The program comes
 * from PATH; without it the server of `REDIS_URL` is used; without that the program is installed.
 * @throws Error that says what to install
 */
export async function startRedis(): Promise<TestRedis> {
  const program = await findRedis();
  const url = process.env["REDIS_URL"];
  if (!program && url) return useServer(url);
  return startServer(program ?? (await installRedis()));
}

function useServer(url: string): TestRedis {
  return {
    url,
    port: Number(new URL(url).port || 6379),
    pid: undefined,
    close: () => Promise.resolve(),
    kill: () => {
      throw refusal();
    },
    restart: () => Promise.reject(refusal()),
  };
}

function refusal(): Error {
  return new Error("The Redis of REDIS_URL is not ours to end: this test needs redis-server.");
}

async function startServer(program: RedisProgram): Promise<TestRedis> {
  for (const folder of await findAbandonedFolders(kind)) await endServer(folder);
  const folder = await makeTestFolder(kind);
  const port = await findFreePort();
  let server = await spawnServer(program, folder, port).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.child.pid;
    },
    close: async () => {
      server.child.kill("SIGCONT"); // a test may have stopped it
      server.child.kill("SIGTERM");
      await server.ended;
      await rm(folder, { recursive: true, force: true });
    },
    kill: (signal) => {
      server.child.kill(signal);
    },
    restart: async () => {
      await server.ended;
      server = await spawnServer(program, folder, port);
    },
  };
}

interface Server {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

async function spawnServer(program: RedisProgram, folder: string, port: number): Promise<Server> {
  const settings = { bind: "127.0.0.1", port, unixsocket: join(folder, socketName), dir: folder };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program.path, [...args, "--save", "", "--appendonly", "no"], {
    argv0: "redis-server",
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  try {
    await waitUntilReady(child);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return { child, ended };
}

/** Resolves when the server has said that it accepts connections; rejects when it ends before. */
function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const collect = (text: Buffer): void => {
      output += text.toString();
      if (output.includes("Ready to accept connections")) resolve();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Redis did not start:\n${output}`)));
  });
}

/** Ends the server of a killed test run through its socket, which no other server can have. */
async function endServer(folder: string): Promise<void> {
  const client = new Redis({
    path: join(folder, socketName),
    lazyConnect: true,
    retryStrategy: () => null,
  });
  client.on("error", () => client.disconnect()); // it has ended already
  await client
    .connect()
    .then(() => client.shutdown("NOSAVE"))
    .catch((error: unknown) => error); // the answer to SHUTDOWN is the end of the connection
  await rm(folder, { recursive: true, force: true });
}
