import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "../../api/app.ts";

/** A program that is to run, and how to tell that it does its work. */
export interface Program {
  /** For people: `API process 1`. */
  readonly name: string;
  readonly command: string;
  /** What it is told as its own name; left out: the command. */
  readonly argv0?: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The line that it prints when it does its work. */
  readonly up: RegExp;
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly graceMs: number;
}

export interface Watcher {
  /** A line that it printed. */
  readonly line: (text: string) => void;
  readonly born: (pid: number) => void;
  /** It does its work; the match of `up`. */
  readonly up: (match: RegExpExecArray, pid: number) => void;
  readonly ended: (exit: Exit) => void;
}

export interface Exit {
  readonly pid: number;
  /** The exit code, or the signal that ended it. */
  readonly how: number | string;
}

export interface Kept {
  /** Of the life that it leads now; undefined between two. */
  readonly pid: number | undefined;
  /** Resolves when it is up for the first time. @throws StartError when it ends before. */
  readonly firstUp: Promise<void>;
  /** Ends it and starts it no more. */
  stop(): Promise<void>;
}

const pauseMs = 1000;
const longestPauseMs = 10_000;

/**
 * Runs a program and starts it again whenever it ends, after a pause that grows while it ends without
 * having come up. It runs outside the terminal's process group: Ctrl-C reaches us alone, and `stop`
 * ends it when its turn has come.
 */
export function keepRunning(program: Program, watcher: Watcher): Kept {
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  // Whoever waits for it gets the rejection; nobody needs to.
  first.promise.catch(() => undefined);
  let child: ChildProcess | undefined;

  async function live(): Promise<void> {
    let pause = pauseMs;
    for (let wasUp = false; !stopping.signal.aborted;) {
      let isUp = false;
      child = launch(program, watcher, () => {
        isUp = true;
        first.resolve();
      });
      const { pid = 0 } = child;
      if (pid) watcher.born(pid);
      const how = await waitForEnd(child);
      child = undefined;
      watcher.ended({ pid, how });
      wasUp ||= isUp;
      if (!wasUp) return first.reject(new StartError(`${program.name} did not start (${how}).`));
      pause = isUp ? pauseMs : Math.min(2 * pause, longestPauseMs);
      await delay(pause, undefined, stopping).catch(() => "It is to be stopped");
    }
  }

  const life = live();
  return {
    get pid() {
      return child?.pid;
    },
    firstUp: first.promise,
    async stop() {
      stopping.abort();
      const last = child;
      last?.kill("SIGCONT"); // someone may have frozen it
      last?.kill("SIGTERM");
      const timer = setTimeout(() => last?.kill("SIGKILL"), program.graceMs);
      await life.finally(() => clearTimeout(timer));
    },
  };
}

function launch(program: Program, watcher: Watcher, onUp: () => void): ChildProcess {
  const { command, argv0 = command, args, cwd, env, up } = program;
  const child = spawn(command, args, {
    argv0,
    cwd,
    env,
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      watcher.line(line);
      const match = up.exec(line);
      if (!match) return;
      onUp();
      watcher.up(match, child.pid ?? 0);
    });
  }
  return child;
}

/** Resolves when it has ended and all that it printed was read. */
function waitForEnd(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? code ?? ""));
  });
}
