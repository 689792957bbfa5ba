import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, stat, watch, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
  type EmbeddedOptions,
  type EmbeddedPostgres,
} from "../../../api/adapters/embedded-postgres/start.ts";
import { fastSettings } from "../../support/postgres.ts";
import { makeTestFolder } from "../../support/test-folder.ts";

const login = { user: "miptech", password: `mip'tech"123\\`, database: "miptech" };
const isRoot = process.getuid?.() === 0;
const cleanUps: (() => Promise<unknown>)[] = [];
let dataDir: string;
let reported: string[];

beforeEach(async () => {
  reported = [];
  dataDir = await makeTestFolder("embedded");
  cleanUps.push(() => rm(dataDir, { recursive: true }));
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Starts in `dataDir`; stopped after the test. */
async function start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const report = (line: string): void => void reported.push(line);
  const defaults = { dataDir, port: 0, report, settings: fastSettings };
  const server = await startEmbeddedPostgres({ ...defaults, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

interface Login {
  user: string;
  password: string;
  database: string;
}

async function connect(server: EmbeddedPostgres, as: Login): Promise<Client> {
  const client = new Client({ host: server.host, port: server.port, ...as });
  client.on("error", (error) => reported.push(error.message)); // some tests end the server
  await client.connect();
  return client;
}

/** Runs one statement, as superuser unless told otherwise, and returns its first row. */
async function query(
  server: EmbeddedPostgres,
  sql: string,
  as: Login = { user: server.adminUser, password: server.adminPassword, database: "postgres" },
): Promise<Record<string, unknown>> {
  const client = await connect(server, as);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}

async function readPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
}

/** A run of the platform in a process of its own; killed after the test if it still lives. */
function startRun(options: { detached?: boolean } = {}): ChildProcess {
  const program = fileURLToPath(new URL("../../support/embedded-run.ts", import.meta.url));
  const run = spawn(process.execPath, [program, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
    ...options,
  });
  const ended = once(run, "exit");
  cleanUps.push(() => {
    run.kill("SIGKILL");
    return ended;
  });
  return run;
}

async function readPort(run: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: run.stdout! })) {
    return (JSON.parse(line) as { port: number }).port;
  }
  throw new Error("The run ended before its server was ready.");
}

async function end(run: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const ended = once(run, "exit");
  run.kill(signal);
  return ended;
}

test("the first start makes a database that finds words in UTF-8 and listens on loopback only", async () => {
  const server = await start();

  expect(server.adopted).toBe(false);
  expect(reported).toContain("Creating the database (first run) …");
  const row = await query(
    server,
    `select current_setting('server_encoding') as encoding,
       current_setting('listen_addresses') as addresses,
       current_setting('unix_socket_directories') as sockets,
       to_tsvector('simple', 'the “École” — closed')::text as words`,
  );
  expect(row).toEqual({
    encoding: "UTF8",
    addresses: "127.0.0.1",
    sockets: "",
    words: "'closed':3 'the':1 'école':2",
  });
});

test("the superuser's password is needed, and only its owner can read the file that keeps it", async () => {
  const server = await start();

  const { mode } = await stat(join(dataDir, "postgres-admin.json"));
  expect(mode & 0o777).toBe(0o600);
  const wrong = { user: server.adminUser, password: "wrong", database: "postgres" };
  await expect(query(server, "select 1", wrong)).rejects.toThrow(/password authentication failed/);
});

test("a second start keeps the data and makes nothing new", async () => {
  const first = await start();
  await ensureLoginAndDatabase(first, login);
  await query(first, "create table kept as select 42 as answer", login);
  await first.stop();
  reported = [];

  const second = await start();

  expect(second.adopted).toBe(false);
  expect(reported).toEqual([]);
  expect(await query(second, "select answer from kept", login)).toEqual({ answer: 42 });
});

test("the login can make roles but is no superuser, and setting up again changes its password", async () => {
  const server = await start();
  await ensureLoginAndDatabase(server, { ...login, password: "earlier" });
  await ensureLoginAndDatabase(server, login);

  const row = await query(
    server,
    `select rolsuper, rolcreaterole, pg_get_userbyid(datdba) = current_user as owns,
       pg_encoding_to_char(encoding) as encoding
     from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
    login,
  );
  expect(row).toEqual({ rolsuper: false, rolcreaterole: true, owns: true, encoding: "UTF8" });
  const earlier = query(server, "select 1", { ...login, password: "earlier" });
  await expect(earlier).rejects.toThrow(/password authentication failed/);
});

test("the superuser's own name is refused as a login", async () => {
  const server = await start();

  const attempt = ensureLoginAndDatabase(server, { ...login, user: server.adminUser });

  await expect(attempt).rejects.toThrow(/name another/);
  expect(await query(server, "select 1 as works")).toEqual({ works: 1 });
});

test("the server of a killed run is adopted with its data, and stop ends it", async () => {
  const run = startRun();
  const port = await readPort(run);
  const pid = await readPid();
  await end(run, "SIGKILL");

  const server = await start();

  expect(server).toMatchObject({ adopted: true, port });
  expect(await readPid()).toBe(pid);
  await ensureLoginAndDatabase(server, login);
  await server.stop();
  await expect(readPid()).rejects.toThrow(/ENOENT/);
  await expect(query(server, "select 1")).rejects.toThrow(/ECONNREFUSED/);
});

test("the server of a living run is not adopted, and goes on", async () => {
  const run = startRun();
  await readPort(run);
  const pid = await readPid();

  await expect(start()).rejects.toThrow(`process ${run.pid}`);

  expect(await readPid()).toBe(pid);
  expect(await end(run, "SIGTERM")).toEqual([0, null]);
  await expect(readPid()).rejects.toThrow(/ENOENT/);
});

test("Ctrl-C in the terminal, a signal to the whole process group, does not reach the server", async () => {
  const run = startRun({ detached: true });
  const port = await readPort(run);
  const ended = once(run, "exit");
  process.kill(-run.pid!, "SIGINT");
  await ended;

  expect(await start()).toMatchObject({ adopted: true, port });
});

test("a folder left half-made by a run killed while creating it is made anew", async () => {
  const run = startRun();
  for await (const { filename } of watch(dataDir, { recursive: true })) {
    if (filename?.endsWith("PG_VERSION")) break; // initdb is at work
  }
  await end(run, "SIGKILL");
  expect(await readdir(dataDir)).not.toContain("postgres");

  const server = await start();

  expect(await query(server, "select 1 as works")).toEqual({ works: 1 });
  expect((await readdir(dataDir)).filter((name) => name.includes("new"))).toEqual([]);
});

test("after a kill of the server itself the next start recovers what was committed", async () => {
  const first = await start({ settings: { fsync: "off" } });
  await ensureLoginAndDatabase(first, login);
  await query(first, "create table kept as select 42 as answer", login);
  // A process of the server that is busy outlives it for a moment, and holds its memory.
  const busy = await connect(first, login);
  const begun = once(busy, "notice");
  const work = "raise notice 'begun'; perform count(*) from generate_series(1, 5000000);";
  const ended = Promise.allSettled([busy.query(`do $$ begin ${work} end $$`)]);
  await begun;
  process.kill(await readPid(), "SIGKILL");
  await first.stop();

  const second = await start();

  expect(second.adopted).toBe(false);
  expect(await query(second, "select answer from kept", login)).toEqual({ answer: 42 });
  await ended;
});

test("a stale postmaster.pid whose number now belongs to another program is passed over", async () => {
  await (await start()).stop();
  const lines = [process.pid, join(dataDir, "postgres"), 1, 5432, "", "127.0.0.1", "", "ready"];
  await writeFile(join(dataDir, "postgres", "postmaster.pid"), lines.join("\n"));

  const server = await start();

  expect(server.adopted).toBe(false);
  expect(await query(server, "select 1 as works")).toEqual({ works: 1 });
});

test("when the wanted port is taken another one is used", async () => {
  const other = createServer();
  await once(other.listen(0, "127.0.0.1"), "listening");
  cleanUps.push(() => once(other.close(), "close"));
  const { port } = other.address() as AddressInfo;

  const server = await start({ port });

  expect(server.port).not.toBe(port);
  expect(await query(server, "select 1 as works")).toEqual({ works: 1 });
});

test("a start that fails shows the end of the server's log", async () => {
  const attempt = start({ settings: { ...fastSettings, shared_buffers: "not a size" } });

  await expect(attempt).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
});

test("a missing password file of an existing database is named in the error", async () => {
  await (await start()).stop();
  await rm(join(dataDir, "postgres-admin.json"));

  await expect(start()).rejects.toThrow(/postgres-admin\.json .* is missing/);
});

test("a data folder that only we can enter works, for root by keeping the data elsewhere", async () => {
  const home = join(dataDir, "home");
  await mkdir(home);
  await chmod(home, 0o700);
  const hidden = join(home, "project", ".data");
  const where = async (server: EmbeddedPostgres): Promise<string> =>
    String((await query(server, "show data_directory"))["data_directory"]);

  const first = await start({ dataDir: hidden });
  const cluster = await where(first);
  if (isRoot) cleanUps.unshift(() => rm(dirname(cluster), { recursive: true }));
  await ensureLoginAndDatabase(first, login);
  await query(first, "create table kept as select 42 as answer", login);
  await first.stop();
  const second = await start({ dataDir: hidden });

  expect(await where(second)).toBe(cluster);
  expect(await query(second, "select answer from kept", login)).toEqual({ answer: 42 });
  expect(cluster.startsWith(home)).toBe(!isRoot);
  expect(reported.some((line) => line.includes(cluster))).toBe(isRoot);
});
