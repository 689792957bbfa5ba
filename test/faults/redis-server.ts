import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { OrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { findRedis, installRedis, type RedisProgram } from "../support/redis-program.ts";

/** A Redis of our own that keeps nothing on the disk and comes back at the same port. */
export interface RedisServer {
  readonly url: string;
  /** @returns how many connections were closed. */
  killClients(type: "normal" | "pubsub"): Promise<number>;
  flush(what: "data" | "scripts"): Promise<void>;
  /** SIGSTOP, a pause, SIGCONT. */
  freeze(ms: number): Promise<void>;
  /** SIGKILL, a pause, an empty start. */
  crash(pauseMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param folder where it runs.
 * @param orphans ends it when we are killed.
 */
export async function startRedisServer(folder: string, orphans: OrphanWatch): Promise<RedisServer> {
  const program = (await findRedis()) ?? (await installRedis());
  const port = await findFreePort();
  let child = await startChild(program, folder, port, orphans);
  let last: Promise<unknown> = Promise.resolve();

  /** One after another: a frozen or dead server answers nothing. */
  function enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = last.then(task);
    last = done.catch(() => undefined);
    return done;
  }

  const command = (name: string, ...args: string[]) =>
    enqueue(async () => {
      const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
      // The command itself rejects too.
      client.on("error", () => undefined);
      try {
        await client.connect();
        return await client.call(name, ...args);
      } finally {
        client.disconnect();
      }
    });

  return {
    url: `redis://127.0.0.1:${port}`,
    killClients: async (type) => Number(await command("CLIENT", "KILL", "TYPE", type)),
    async flush(what) {
      await (what === "data" ? command("FLUSHALL") : command("SCRIPT", "FLUSH"));
    },
    freeze: (ms) =>
      enqueue(async () => {
        child.kill("SIGSTOP");
        await sleep(ms);
        child.kill("SIGCONT");
      }),
    crash: (pauseMs) =>
      enqueue(async () => {
        await end(child);
        await sleep(pauseMs);
        child = await startChild(program, folder, port, orphans);
      }),
    async close() {
      await last;
      await end(child);
    },
  };
}

async function startChild(
  program: RedisProgram,
  folder: string,
  port: number,
  orphans: OrphanWatch,
): Promise<ChildProcess> {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawn(program.path, [...args, "--save", "", "--appendonly", "no"], {
    argv0: "redis-server",
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { pid } = child;
  if (pid !== undefined) {
    orphans.add(pid);
    child.once("exit", () => orphans.remove(pid));
  }
  await new Promise<void>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (part: Buffer) => {
      output += String(part);
      if (output.includes("Ready to accept connections")) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Redis did not start:\n${output}`)));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      server.close(() => resolve(port));
    });
  });
}
