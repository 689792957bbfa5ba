import { randomBytes } from "node:crypto";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmod, chown, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { findFreePort } from "./free-port.ts";
import { requirePgBouncer } from "./pgbouncer-program.ts";
import type { TestDatabase } from "./postgres.ts";
import { findAbandonedFolders, makeTestFolder } from "./test-folder.ts";

/** A PgBouncer of our own in transaction pooling mode, on loopback. */
export interface TestPgBouncer {
  /** The database behind it, as the platform's own login. */
  readonly url: string;
  /** The same as superuser. */
  readonly adminUrl: string;
  /** Ends it, with its connections, and removes its folder. */
  close(): Promise<void>;
}

const kind = "pgbouncer";
const configName = "pgbouncer.ini";
const usersName = "users.txt";
/** The user of its own console, by which a run that was killed is cleared away. */
const consoleUser = "console";
/** To the server, for each login: fewer than a test opens to the pooler, so that sessions share them. */
const serverConnections = 2;

/** @throws Error that says what to install */
export async function startPgBouncer({ url, adminUrl }: TestDatabase): Promise<TestPgBouncer> {
  const program = await requirePgBouncer();
  for (const folder of await findAbandonedFolders(kind)) await endAbandoned(folder);
  const folder = await makeTestFolder(kind);
  const port = await findFreePort();
  try {
    const files = await writeFiles(folder, port, [new URL(url), new URL(adminUrl)]);
    const user = findUser();
    if (user) for (const path of [folder, ...files]) await chown(path, user.uid, user.gid);
    const child = spawn(program, [join(folder, configName)], {
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
      ...user,
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await waitUntilReady(child);
    return {
      url: moveTo(url, port),
      adminUrl: moveTo(adminUrl, port),
      async close() {
        // What SIGTERM does depends on the version; it holds nothing that could be lost.
        child.kill("SIGKILL");
        await ended;
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeFiles(
  folder: string,
  port: number,
  logins: readonly [URL, URL],
): Promise<string[]> {
  const [{ hostname, port: serverPort }] = logins;
  const users = join(folder, usersName);
  const config = join(folder, configName);
  const lines = [
    "[databases]",
    `* = host=${hostname} port=${serverPort}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    `unix_socket_dir = ${folder}`,
    "pool_mode = transaction",
    `default_pool_size = ${serverConnections}`,
    "max_client_conn = 500",
    "auth_type = scram-sha-256",
    `auth_file = ${users}`,
    `admin_users = ${consoleUser}`,
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  const known = logins.map(({ username, password }) =>
    [username, password].map(decodeURIComponent),
  );
  const list = [...known, [consoleUser, randomBytes(12).toString("hex")]].map((login) =>
    login.map((text) => `"${text.replaceAll('"', '""')}"`).join(" "),
  );
  await writeFile(users, `${list.join("\n")}\n`);
  for (const path of [config, users]) await chmod(path, 0o600);
  return [config, users];
}

/** It refuses to run as root. */
function findUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid = NaN, gid = NaN] = ["-u", "-g"].map((option) =>
    Number(spawnSync("id", [option, "nobody"]).stdout.toString().trim() || NaN),
  );
  if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  throw new Error("PgBouncer refuses to run as root, and there is no user nobody to run it");
}

/** Resolves when it has said that it is up; rejects when it ends before. */
function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const collect = (text: Buffer): void => {
      output += text.toString();
      if (output.includes("process up")) resolve();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`PgBouncer did not start:\n${output}`)));
  });
}

function moveTo(url: string, port: number): string {
  const moved = new URL(url);
  moved.hostname = "127.0.0.1";
  moved.port = String(port);
  return moved.href;
}

/** Ends that of a killed run through its socket, which no other server can have. */
async function endAbandoned(folder: string): Promise<void> {
  const config = await readFile(join(folder, configName), "utf8").catch(() => "");
  const port = Number(/listen_port = (\d+)/.exec(config)?.[1] ?? 0);
  const users = await readFile(join(folder, usersName), "utf8").catch(() => "");
  const password = new RegExp(`"${consoleUser}" "(.*)"`).exec(users)?.[1] ?? "";
  const login = { user: consoleUser, password, database: "pgbouncer" };
  const client = new Client({ host: folder, port, ...login });
  client.on("error", () => undefined); // it has ended
  await client
    .connect()
    .then(() => client.query("shutdown"))
    .catch((error: unknown) => error); // the answer to SHUTDOWN is the end of the connection
  await rm(folder, { recursive: true, force: true });
}
