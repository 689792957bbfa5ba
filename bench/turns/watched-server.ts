import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { OrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import type { ProbeAnswer, ProbeQuestion } from "./probe.ts";

/** A server as a process of its own that is asked about itself. */
export interface WatchedServer {
  /** Of loopback, such as 127.0.0.1:40001. */
  readonly host: string;
  ask(question: ProbeQuestion): Promise<ProbeAnswer>;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, "../..");
const probe = pathToFileURL(join(import.meta.dirname, "probe.ts")).href;
const startMs = 60_000;

/**
 * @param program its path from the repository's root. @param env all of its environment but PATH.
 * @throws Error with what it printed when it doesn't come up.
 */
export async function startServer(
  program: string,
  env: Readonly<Record<string, string>>,
  orphans: OrphanWatch,
): Promise<WatchedServer> {
  const child = spawn(process.execPath, ["--expose-gc", `--import=${probe}`, join(root, program)], {
    // The settings alone, and no .env of the person who runs this.
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const { pid } = child;
  if (pid) orphans.add(pid);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => pid && orphans.remove(pid));
  let last: Promise<unknown> = Promise.resolve();
  return {
    host: await waitForHost(child, program),
    ask(question) {
      const answer = last.then(() => ask(child, question));
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function ask(child: ChildProcess, question: ProbeQuestion): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(new Error("The server ended while it was measured"));
    child.once("close", onEnd);
    child.once("message", (answer) => {
      child.off("close", onEnd);
      resolve(answer as ProbeAnswer);
    });
    child.send(question);
  });
}

/** What a server warns of while it is measured is shown, since it may spoil a figure. */
function waitForHost(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    let isUp = false;
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`${program} did not start:\n${printed}`));
    }, startMs);
    const read = (part: Buffer) => {
      if (isUp) return;
      printed += String(part);
      const port = /(?:Listening|Starting \w+ server) on http:\/\/\S+?:(\d+)/.exec(printed)?.[1];
      if (!port) return;
      isUp = true;
      clearTimeout(timer);
      resolve(`127.0.0.1:${port}`);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", (part: Buffer) => {
      if (isUp) process.stderr.write(`${program}: ${String(part)}`);
      else read(part);
    });
    child.once("close", () => {
      clearTimeout(timer);
      reject(new Error(`${program} did not start:\n${printed}`));
    });
  });
}
