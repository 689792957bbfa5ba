import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { OrphanWatch } from "../../../scripts/cluster/orphan-watch.ts";

/** `node api/main.ts` of a build, whose log is read. */
export interface Server {
  readonly url: string;
  /** The lines of its log that fit, so far. */
  countLines(pattern: RegExp): number;
  firstLine(pattern: RegExp): string | undefined;
  /** Asks it to stop, and waits for its end. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** The folder with api/ in it. */
  readonly build: string;
  /** Where it looks for `.env`. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly orphans: OrphanWatch;
}

/** @throws Error when it ends before it listens */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { build, cwd, env, orphans } = options;
  const child = spawn(process.execPath, [join(build, "api/main.ts")], {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) orphans.add(pid);
  const lines: string[] = [];
  const listening = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      const port = /Starting MIPTech server on http:\/\/\S+:(\d+)/.exec(line)?.[1];
      if (port) listening.resolve(Number(port));
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      if (pid !== undefined) orphans.remove(pid);
      listening.reject(new Error(`The server ended:\n${lines.slice(-20).join("\n")}`));
      resolve();
    });
  });
  const port = await listening.promise;
  return {
    url: `http://127.0.0.1:${port}`,
    countLines: (pattern) => lines.filter((line) => pattern.test(line)).length,
    firstLine: (pattern) => lines.find((line) => pattern.test(line)),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
