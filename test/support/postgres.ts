import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Client, escapeIdentifier } from "pg";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../../api/adapters/embedded-postgres/start.ts";
import { noteSecret } from "./record/folder.ts";
import { findAbandonedFolders, makeTestFolder } from "./test-folder.ts";

/** Where the test server is and how its superuser logs in. Can be given to other processes. */
export interface PostgresAdmin {
  host: string;
  port: number;
  user: string;
  password: string;
}

export interface TestPostgres {
  admin: PostgresAdmin;
  /** What the server itself logs. */
  logFile: string;
  /** Stops the server and removes its folder. */
  close(): Promise<void>;
}

export interface TestDatabase {
  /** As the platform's own login: no superuser, may make roles, owns the database. */
  url: string;
  /** The same database as superuser. */
  adminUrl: string;
  /** Ends its connections; removes the database, its login and the roles named `<database>/…`. */
  drop(): Promise<void>;
}

const kind = "postgres";

/** Settings for a database that need not outlive the machine. */
export const fastSettings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };

/** Starts an empty PostgreSQL in a temporary folder; also ends those of killed test runs. */
export async function startTestPostgres(): Promise<TestPostgres> {
  for (const folder of await findAbandonedFolders(kind)) await endServer(folder);
  const folder = await makeTestFolder(kind);
  try {
    const server = await startIn(folder);
    const { host, port, adminUser: user, adminPassword: password } = server;
    return {
      admin: { host, port, user, password },
      logFile: join(folder, "postgres.log"),
      close: async () => {
        await server.stop();
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a fresh database with a login of its own; both have the same new name. */
export async function createTestDatabase(admin: PostgresAdmin): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  noteSecret("a database's password", password);
  const server = { port: admin.port, adminUser: admin.user, adminPassword: admin.password };
  await ensureLoginAndDatabase(server, { user: name, password, database: name });
  return {
    url: formatUrl({ ...admin, user: name, password }, name),
    adminUrl: formatUrl(admin, name),
    drop: () => dropDatabase(admin, name),
  };
}

function startIn(dataDir: string): Promise<EmbeddedPostgres> {
  const report = (line: string): void => console.log(line);
  return startEmbeddedPostgres({ dataDir, port: 0, report, settings: fastSettings });
}

async function endServer(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).includes("postgres")) await (await startIn(folder)).stop();
    await rm(folder, { recursive: true });
  } catch (error) {
    // Another test run may be clearing it away at this moment.
    console.log(`The abandoned test database in ${folder} could not be removed: ${String(error)}`);
  }
}

function formatUrl({ host, port, user, password }: PostgresAdmin, database: string): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${host}:${port}/${database}`;
}

async function dropDatabase(admin: PostgresAdmin, name: string): Promise<void> {
  const client = new Client({ ...admin, database: "postgres" });
  await client.connect();
  try {
    await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    const { rows } = await client.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname = $1 or starts_with(rolname, $2)",
      [name, `${name}/`],
    );
    // In one statement, since some of them have granted others to each other.
    const roles = rows.map(({ rolname }) => escapeIdentifier(rolname));
    if (roles.length > 0) await client.query(`drop role ${roles.join(", ")}`);
  } finally {
    await client.end();
  }
}
