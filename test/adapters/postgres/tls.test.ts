import { chown, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from "../../../api/adapters/embedded-postgres/start.ts";
import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { fastSettings } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

const login = { user: "miptech", password: "a-password-for-tls", database: "miptech" };
let dataDir: string;
let folder: string;
let server: EmbeddedPostgres;
let admin: Client;

/** A PostgreSQL of its own, which takes TLS for localhost beside plain connections. */
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "miptech-tls-"));
  folder = await mkdtemp(join(tmpdir(), "miptech-ca-"));
  server = await startEmbeddedPostgres({
    dataDir,
    port: 0,
    report: () => undefined,
    settings: fastSettings,
  });
  await ensureLoginAndDatabase(server, login);
  const { adminUser: user, adminPassword: password, port } = server;
  admin = new Client({ host: "127.0.0.1", port, user, password, database: login.database });
  await admin.connect();
  const cluster = await realpath(join(dataDir, "postgres"));
  const { cert, key } = makeCertificate("localhost");
  await writeFile(join(folder, "ca.crt"), cert);
  for (const [name, text] of [
    ["server.crt", cert],
    ["server.key", key],
  ] as const) {
    await writeFile(join(cluster, name), text, { mode: 0o600 });
    const { uid, gid } = await stat(cluster);
    await chown(join(cluster, name), uid, gid);
  }
  await admin.query("alter system set ssl = on");
  await admin.query("select pg_reload_conf()");
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

const addressWith = (query: string) =>
  `postgres://${login.user}:${login.password}@localhost:${server.port}/${login.database}?${query}`;

test("TLS that DATABASE_URL asks for is used by every connection", async () => {
  const url = addressWith(`sslmode=verify-full&sslrootcert=${join(folder, "ca.crt")}`);
  const postgres = await openPostgres(postgresOptions(url));
  try {
    await admin.query("insert into tenants (id, name) values ('garden', 'Garden')");
    // Makes the tenant's schema, and works in it.
    const chats = await postgres.chats.listChats(makeTenant("garden"), "all", { limit: 1 });
    expect(chats.items).toEqual([]);
    const { rows } = await admin.query(
      `select ssl, count(*)::int as count from pg_stat_ssl join pg_stat_activity using (pid)
       where usename = $1 group by ssl`,
      [login.user],
    );
    // The listener and the pool.
    expect(rows).toEqual([{ ssl: true, count: expect.any(Number) }]);
    expect(rows[0].count).toBeGreaterThanOrEqual(2);
  } finally {
    await postgres.close();
  }
});

test("a server whose certificate nobody vouches for is refused", async () => {
  const url = addressWith("sslmode=verify-full");
  await expect(openPostgres(postgresOptions(url))).rejects.toThrow(/SELF_SIGNED_CERT/);
});
