import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { escapeIdentifier, escapeLiteral } from "pg";
import { checkServer, connectAsAdmin, loadAdminLogin, type AdminLogin } from "./admin.ts";
import { assertUsable, createCluster, findCluster } from "./cluster.ts";
import { findHost } from "./host.ts";
import { lockDataDir, type DataLock } from "./lock.ts";
import { readPostmaster } from "./postmaster.ts";
import { startServer, stopServer, type ServerPlan } from "./server.ts";

/** A running PostgreSQL of our own; it listens on loopback TCP alone. */
export interface EmbeddedPostgres {
  host: "127.0.0.1";
  port: number;
  /** A superuser, for setting up; the platform itself works with a lesser login. */
  adminUser: string;
  adminPassword: string;
  /** True when the server was left running by a run that was killed. */
  adopted: boolean;
  /** Ends connections, writes everything, waits for the end; after 30 s cuts off. Can be repeated. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The folder for the database, its log and its password, such as `.data`; made when missing. */
  dataDir: string;
  /** The wanted port; another free one is taken when it is in use; 0 = any. */
  port: number;
  /** Takes lines for the person who waits. */
  report: (line: string) => void;
  /** Further PostgreSQL settings; with `fsync: "off"` the database is made without it as well. */
  settings?: Record<string, string>;
}

/**
 * Starts the PostgreSQL that npm installed, or adopts the one that a killed run left behind. The
 * server is outside the terminal's process group: Ctrl-C reaches us alone, and `stop` ends it after
 * our own drain.
 * @throws Error that says what to do; also when another living process uses this `dataDir`
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = await makeDataDir(options.dataDir);
  const lock = await lockDataDir(dataDir);
  try {
    return await startLocked(options, dataDir, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(
  options: EmbeddedOptions,
  dataDir: string,
  lock: DataLock,
): Promise<EmbeddedPostgres> {
  const { report, settings = {} } = options;
  const found = await findCluster(dataDir);
  const host = await findHost(dataDir, found, report);
  const admin = await loadAdminLogin(dataDir, found !== undefined);
  if (found) await assertUsable(found, host.user);
  const sync = settings["fsync"] !== "off";
  const cluster = found ?? (await createCluster(dataDir, host, admin, sync, report));
  const logFile = join(dataDir, "postgres.log");
  const plan = { host, cluster, port: options.port, settings, logFile, report };
  const { port, adopted } = await startOrAdopt(plan, admin);

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => stopServer(host, cluster).finally(() => lock.release());
  return {
    host: "127.0.0.1",
    port,
    adminUser: admin.user,
    adminPassword: admin.password,
    adopted,
    stop: () => (stopping ??= stop()),
  };
}

/**
 * Makes the login (password set anew when it exists; may make roles, is no superuser) and the
 * database, owned by the login. Can be repeated.
 * @throws Error when the login's name is the superuser's
 */
export async function ensureLoginAndDatabase(
  server: Pick<EmbeddedPostgres, "port" | "adminUser" | "adminPassword">,
  login: { user: string; password: string; database: string },
): Promise<void> {
  if (login.user === server.adminUser) {
    throw new Error(
      `The embedded PostgreSQL keeps the user ${login.user} for itself: name another.`,
    );
  }
  const admin = { user: server.adminUser, password: server.adminPassword };
  const client = await connectAsAdmin(server.port, admin, "miptech-setup");
  try {
    // A statement that fails goes to the server's log, and with it the password.
    await client.query("set log_min_error_statement = panic");
    const user = escapeIdentifier(login.user);
    const roles = await client.query("select from pg_roles where rolname = $1", [login.user]);
    await client.query(
      `${roles.rowCount ? "alter" : "create"} role ${user} login createrole nosuperuser
       password ${escapeLiteral(login.password)}`,
    );
    const databases = await client.query("select from pg_database where datname = $1", [
      login.database,
    ]);
    if (databases.rowCount) return;
    await client.query(
      `create database ${escapeIdentifier(login.database)} owner ${user}
       encoding 'UTF8' template template0`,
    );
  } finally {
    await client.end();
  }
}

/** Root's `dataDir` has to be enterable by the server's user; what is private there says so itself. */
async function makeDataDir(wanted: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  await mkdir(wanted, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  const dataDir = await realpath(wanted);
  const { mode } = await stat(dataDir);
  if (isRoot && (mode & 0o011) !== 0o011) await chmod(dataDir, (mode & 0o777) | 0o011);
  return dataDir;
}

async function startOrAdopt(
  plan: ServerPlan,
  admin: AdminLogin,
): Promise<{ port: number; adopted: boolean }> {
  for (let tries = 0; tries < 10; tries += 1) {
    const left = await findRunningServer(plan, admin);
    if (left !== undefined) {
      plan.report(`Adopting the PostgreSQL that an earlier run left on port ${left}.`);
      return { port: left, adopted: true };
    }
    const port = await startServer(plan);
    if (port === undefined) continue;
    try {
      await checkServer(port, admin, plan.cluster);
      return { port, adopted: false };
    } catch (error) {
      await stopServer(plan.host, plan.cluster);
      throw error;
    }
  }
  throw new Error(`PostgreSQL finds another server on ${plan.cluster}; see ${plan.logFile}.`);
}

/**
 * The port of the cluster's running server, or undefined when there is none; one that is starting or
 * stopping is waited for.
 */
async function findRunningServer(
  { cluster, report }: ServerPlan,
  admin: AdminLogin,
): Promise<number | undefined> {
  const giveUpAt = Date.now() + 60_000;
  for (let tries = 0; ; tries += 1) {
    const running = await readPostmaster(cluster);
    if (!running) return undefined;
    if (tries === 30) report("Waiting for the PostgreSQL that an earlier run left …");
    try {
      await checkServer(running.port, admin, cluster);
      return running.port;
    } catch (error) {
      if (!isPassing(error) || Date.now() > giveUpAt) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
          `PostgreSQL runs on ${cluster} (process ${running.pid}), but can't be used: ${reason}`,
          { cause: error },
        );
      }
    }
    await delay(100);
  }
}

/** Not listening yet or any more; starting, recovering or stopping (57P01 to 57P03). */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ECONNREFUSED", "ECONNRESET", "57P01", "57P02", "57P03"].includes(code);
}
