import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { startOrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { openOutputRecord, recordedLogging } from "../support/record/output.ts";

/** `node api/main.ts`, which is killed and started again. */
export interface KilledServer {
  /** Undefined while it is down. */
  readonly url: string | undefined;
  /** Of its process. */
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
}

export const adminToken = "a".repeat(40);

export interface KilledServerOptions {
  /** The folder with api/ in it. */
  readonly build: string;
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Besides what every run has. */
  readonly env?: Readonly<Record<string, string>>;
}

export function openKilledServer(
  opened: AsyncDisposableStack,
  { build, dataDir, databaseUrl, env: further = {} }: KilledServerOptions,
): KilledServer {
  const orphans = startOrphanWatch();
  opened.defer(orphans.close);
  const record = openOutputRecord("ingestion");
  let child: ChildProcess | undefined;
  let url: string | undefined;

  async function kill(): Promise<void> {
    url = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
  }
  opened.defer(kill);

  async function start(): Promise<void> {
    const env = {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      PORT: "0",
      SECRET_KEY: "s".repeat(40),
      JWT_SECRET_KEY: "j".repeat(40),
      ADMIN_TOKEN: adminToken,
      RATE_LIMIT_ENABLED: "false",
      LOG_LEVEL: "warn",
      ...recordedLogging(),
      ...further,
    };
    const started = spawn(process.execPath, ["api/main.ts"], {
      cwd: build,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    const { pid } = started;
    if (pid !== undefined) orphans.add(pid);
    url = await new Promise<string>((resolve, reject) => {
      let printed = "";
      const read = (part: Buffer) => {
        record.add(part);
        printed += String(part);
        const port = /Starting MIPTech server on http:\/\/\S+:(\d+)/.exec(printed)?.[1];
        if (port) resolve(`http://127.0.0.1:${port}`);
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
      started.once("close", () => reject(new Error(`The server did not start:\n${printed}`)));
    });
  }

  return {
    get url() {
      return url;
    },
    get pid() {
      return url === undefined ? undefined : child?.pid;
    },
    start,
    kill,
  };
}
