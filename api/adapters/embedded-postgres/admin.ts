import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Client } from "pg";

/** The superuser of the embedded server; its password never leaves this machine. */
export interface AdminLogin {
  user: string;
  password: string;
}

/**
 * Reads the superuser's login, or makes one for a cluster that is yet to come. It is kept in
 * `postgres-admin.json`, which only its owner may read.
 * @throws Error that says what to do, when the file of an existing cluster is missing or broken
 */
export async function loadAdminLogin(dataDir: string, hasCluster: boolean): Promise<AdminLogin> {
  const file = join(dataDir, "postgres-admin.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const known = text === undefined ? undefined : parseLogin(text);
  if (known) return known;
  if (hasCluster) {
    throw new Error(
      `${file} with the database's password is ${text === undefined ? "missing" : "broken"}. ` +
        `Restore it, or delete ${join(dataDir, "postgres")} to start with an empty database.`,
    );
  }
  const made = { user: "postgres", password: randomBytes(24).toString("base64url") };
  await writeFile(`${file}.new`, `${JSON.stringify(made)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return made;
}

function parseLogin(text: string): AdminLogin | undefined {
  try {
    const { user, password } = JSON.parse(text) as Partial<AdminLogin>;
    return user && password ? { user, password } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Opens a connection as superuser to the database `postgres`. The caller ends it. */
export async function connectAsAdmin(
  port: number,
  admin: AdminLogin,
  applicationName: string,
): Promise<Client> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    ...admin,
    database: "postgres",
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener an error between two queries would end our process; the next query fails.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/**
 * Logs in to see that the server is the one of this cluster and accepts our password.
 * @throws Error of `pg` or of the network when it doesn't, or isn't ready
 */
export async function checkServer(port: number, admin: AdminLogin, cluster: string): Promise<void> {
  const client = await connectAsAdmin(port, admin, "miptech-check");
  try {
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    const folder = rows[0]?.data_directory ?? "";
    if (resolve(folder) !== resolve(cluster)) {
      throw new Error(`The server on port ${port} has another data folder, ${folder}.`);
    }
  } finally {
    await client.end();
  }
}
