import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import type { OutputRecord } from "../support/record/output.ts";
import type { Proxy } from "./proxy.ts";
import { rest } from "./rest.ts";

export interface ServerOptions {
  readonly index: number;
  /** The folder with api/ in it. */
  readonly build: string;
  readonly env: Record<string, string>;
  /** Ends it when we are killed. */
  readonly orphans: OrphanWatch;
  /** For its log. */
  readonly folder: string;
  /** Takes its log too. */
  readonly record: OutputRecord;
  readonly proxy: Proxy;
  /** Told of what no fault explains. */
  readonly onFailure: (text: string) => void;
}

/** `node api/main.ts`, which is kept running: whoever ends it starts it again. */
export interface ServerProcess {
  readonly index: number;
  /** True from "it listens" until it is ended; a frozen one is not. */
  readonly isUp: boolean;
  /** Since when it has been up without a break; milliseconds since the epoch. */
  readonly upSince: number;
  /** @throws Error when it doesn't come up in time. */
  start(): Promise<void>;
  /** SIGKILL, a pause, a start. @param onDeath called when it is dead. */
  crash(pauseMs: number, onDeath: () => Promise<void>): Promise<void>;
  /** SIGSTOP, a pause, SIGCONT. */
  freeze(ms: number): Promise<void>;
  /** SIGTERM, the wait for its end, a pause, a start. */
  restart(pauseMs: number): Promise<void>;
  /** SIGTERM and the wait for its end, which must be an orderly one. */
  stop(): Promise<void>;
  /** Ends it at once, for good. */
  close(): Promise<void>;
}

/** A start may fail while Redis or PostgreSQL is struck too; it is tried again for so long. */
const startMs = 60_000;
const startAgainMs = 300;
/** Beyond its grace time, for a busy machine. */
const stopMs = 20_000;

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
  /** The end was ordered, so it is no failure. */
  isOrdered: boolean;
}

export function createServerProcess(options: ServerOptions): ServerProcess {
  const { index, proxy, record, orphans, onFailure } = options;
  const log = createWriteStream(join(options.folder, `server-${index}.log`));
  let run: Run | undefined;
  let upSince = 0;
  let isFrozen = false;
  const closing = new AbortController();
  /** What is done to it happens one after another. */
  let last: Promise<void> = Promise.resolve();

  function note(text: string): void {
    log.write(`${JSON.stringify({ time: new Date().toISOString(), fault: text })}\n`);
  }

  async function startOnce(): Promise<boolean> {
    if (closing.signal.aborted) return true;
    const child = spawn(process.execPath, ["api/main.ts"], {
      cwd: options.build,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const started: Run = { child, ended: waitForEnd(child), isOrdered: false };
    const { pid } = child;
    if (pid !== undefined) {
      orphans.add(pid);
      void started.ended.then(() => orphans.remove(pid));
    }
    run = started;
    const port = await waitForPort(child, (part) => {
      log.write(part);
      record.add(part);
    });
    if (port === undefined) {
      note(`the start ended with ${await started.ended}`);
      return false;
    }
    upSince = Date.now();
    proxy.target = port;
    void started.ended.then((how) => {
      if (run === started) {
        upSince = 0;
        proxy.target = undefined;
      }
      if (started.isOrdered || closing.signal.aborted) return;
      onFailure(`server ${index} ended by itself (${how})`);
      // As its operator would.
      void enqueue(start).catch((error: unknown) => onFailure(String(error)));
    });
    return true;
  }

  async function start(): Promise<void> {
    const until = Date.now() + startMs;
    while (!closing.signal.aborted && !(await startOnce())) {
      if (Date.now() > until) throw new Error(`Server ${index} did not start in ${startMs} ms`);
      await rest(startAgainMs, closing.signal);
    }
  }

  async function stop(): Promise<void> {
    if (!run) return;
    run.isOrdered = true;
    upSince = 0;
    note("SIGTERM");
    run.child.kill("SIGTERM");
    const how = await Promise.race([run.ended, sleep(stopMs, "late", { ref: false })]);
    note(`its end: ${how}`);
    if (how !== "code 0") onFailure(`server ${index} was asked to stop: ${how}`);
    if (how === "late") run.child.kill("SIGKILL");
    await run.ended;
  }

  /** A failure of one doesn't keep the next from being done. */
  function enqueue(task: () => Promise<void>): Promise<void> {
    const done = last.then(() => (closing.signal.aborted ? undefined : task()));
    last = done.catch(() => undefined);
    return done;
  }

  return {
    index,
    get isUp() {
      return upSince > 0 && !isFrozen;
    },
    get upSince() {
      return upSince;
    },
    start: () => enqueue(start),
    crash: (pauseMs, onDeath) =>
      enqueue(async () => {
        if (!run) return;
        run.isOrdered = true;
        upSince = 0;
        note("SIGKILL");
        run.child.kill("SIGKILL");
        await run.ended;
        try {
          await Promise.all([onDeath(), rest(pauseMs, closing.signal)]);
        } finally {
          await start();
        }
      }),
    freeze: (ms) =>
      enqueue(async () => {
        note(`SIGSTOP for ${ms} ms`);
        isFrozen = true;
        run?.child.kill("SIGSTOP");
        await rest(ms, closing.signal);
        run?.child.kill("SIGCONT");
        isFrozen = false;
        if (upSince > 0) upSince = Date.now();
        note("SIGCONT");
      }),
    restart: (pauseMs) =>
      enqueue(async () => {
        await stop();
        await rest(pauseMs, closing.signal);
        await start();
      }),
    stop: () => enqueue(stop),
    async close() {
      closing.abort();
      run?.child.kill("SIGKILL");
      await last;
      await run?.ended;
      await new Promise<void>((resolve) => log.end(() => resolve()));
    },
  };
}

function waitForEnd(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(String(error)));
    child.once("close", (code, signal) => resolve(code === null ? `${signal}` : `code ${code}`));
  });
}

/** Writes down all that it prints. @returns undefined when it ends before it listens. */
function waitForPort(
  child: ChildProcess,
  keep: (part: Buffer) => void,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    let printed: string | undefined = "";
    const read = (part: Buffer) => {
      keep(part);
      if (printed === undefined) return;
      printed += String(part);
      const port = /Starting MIPTech server on http:\/\/\S+:(\d+)/.exec(printed)?.[1];
      if (!port) return;
      printed = undefined;
      resolve(Number(port));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("close", () => resolve(undefined));
    child.once("error", () => resolve(undefined));
  });
}
