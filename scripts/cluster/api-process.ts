import { join } from "node:path";
import type { Backend } from "./balancer.ts";
import { keepRunning, type Exit } from "./keeper.ts";
import type { OrphanWatch } from "./orphan-watch.ts";
import { watchReadiness } from "./readiness.ts";

export interface ApiProcessOptions {
  /** For people: `API process 1`. */
  readonly name: string;
  /** Where it looks for `.env`. */
  readonly cwd: string;
  /** Its settings; host and port are set here. */
  readonly env: NodeJS.ProcessEnv;
  /** SHUTDOWN_GRACE_MS of these settings. */
  readonly shutdownGraceMs: number;
  readonly orphans: OrphanWatch;
  /** Takes what it prints and what becomes of it, a line each. */
  readonly report: (line: string) => void;
}

/** An API process that is started again whenever it ends. */
export interface ApiProcess extends Backend {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves when the life that it leads now, or else its next one, is ready. @throws StartError when it never comes up. */
  ready(): Promise<void>;
  /** Resolves with its next end. */
  nextEnd(): Promise<Exit>;
  /** Lets it drain, and starts it no more. */
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, "../../api/main.ts");
/** What closing takes at most when the running turns have been waited for. */
const closingMs = 10_000;

export function startApiProcess(options: ApiProcessOptions): ApiProcess {
  const { name, cwd, env, shutdownGraceMs, orphans, report } = options;
  let life = new AbortController();
  let port: number | undefined;
  let isReady = false;
  let ready = Promise.withResolvers<void>();
  let end = Promise.withResolvers<Exit>();

  const program = {
    name,
    command: process.execPath,
    args: [main],
    cwd,
    env: { ...env, HOST: "127.0.0.1", PORT: "0" },
    up: /Starting MIPTech server on http:\/\/\S+:(\d+)/,
    graceMs: shutdownGraceMs + closingMs,
  };

  function setReady(now: boolean): void {
    if (now === isReady) return;
    isReady = now;
    report(`${name} is ${now ? "ready" : "not ready"}`);
    if (now) ready.resolve();
    else ready = Promise.withResolvers();
  }

  const kept = keepRunning(program, {
    line: (text) => report(`   ${name} │ ${text}`),
    born: orphans.add,
    up([, digits], pid) {
      port = Number(digits);
      life = new AbortController();
      report(`${name}: process ${pid} on http://localhost:${port}`);
      void watchReadiness(port, life.signal, setReady);
    },
    ended(exit) {
      orphans.remove(exit.pid);
      life.abort();
      port = undefined;
      setReady(false);
      report(`${name}: process ${exit.pid} ended (${exit.how})`);
      end.resolve(exit);
      end = Promise.withResolvers();
    },
  });

  return {
    name,
    get pid() {
      return kept.pid;
    },
    get port() {
      return port;
    },
    get isReady() {
      return isReady;
    },
    async ready() {
      await kept.firstUp;
      await ready.promise;
    },
    nextEnd: () => end.promise,
    stop: () => kept.stop(),
  };
}
