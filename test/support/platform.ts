import type { Server } from "node:http";
import { inject } from "vitest";
import { createApp, type App, type Overrides } from "../../api/app.ts";
import { readConfig, type Config } from "../../api/config.ts";
import { createHttpServer } from "../../api/http.ts";
import { closeServer, portOf } from "../../api/main.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";
import { teeLogger } from "./record/logger.ts";
import { openPlatformRecord, type PlatformRecord } from "./record/platform-record.ts";
import { Client } from "pg";

/** The whole platform on a database of its own, listening on a free port. */
export interface Platform {
  readonly app: App;
  readonly url: string;
  readonly wsUrl: string;
  readonly database: TestDatabase;
  /** What it has logged and refused; its metrics once it is stopped. */
  readonly record: Pick<PlatformRecord, "files">;
  /** Runs SQL as the platform's own login, as a person with psql would. */
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The same as superuser. */
  adminSql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Closes app and server, keeps the database: for a start over the same data. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface PlatformOptions {
  readonly env?: Record<string, string>;
  readonly overrides?: Overrides;
  /** Of an earlier platform: goes on with its data. */
  readonly database?: TestDatabase;
}

/** The admin token of every platform that names no other. */
export const adminToken = "a".repeat(40);
const secrets = { secretKey: "s".repeat(40), jwtSecretKey: "j".repeat(40), adminToken };

export function testConfig(env: Record<string, string> = {}): Config {
  return readConfig(
    { RATE_LIMIT_ENABLED: "false", EXTRACTIVE_PACE_MS: "0", SHUTDOWN_GRACE_MS: "0", ...env },
    ".",
    () => secrets,
  );
}

export async function startPlatform({
  env,
  overrides,
  database: earlier,
}: PlatformOptions = {}): Promise<Platform> {
  const database = earlier ?? (await createTestDatabase(inject("postgres")));
  const config = testConfig(env);
  const record = openPlatformRecord(config);
  const { logger } = record;
  const app = await createApp(config, database.url, {
    ...overrides,
    logger: overrides?.logger ? teeLogger(logger, overrides.logger) : logger,
  });
  const server: Server = createHttpServer(record.watchFetch(app.fetch), app.upgrade);
  record.watchServer(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  let isStopped = false;

  async function stop(): Promise<void> {
    if (isStopped) return;
    isStopped = true;
    try {
      await record.readMetrics(app.fetch);
    } finally {
      await app.close();
      await closeServer(server);
    }
    await record.close(database.adminUrl);
  }

  return {
    app,
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}/api/v1/ws/chat`,
    database,
    record,
    sql: (text, values) => runSql(database.url, text, values),
    adminSql: (text, values) => runSql(database.adminUrl, text, values),
    stop,
    async close() {
      await stop();
      await database.drop();
    },
  };
}

async function runSql<Row extends object>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Makes a tenant as a person with psql would. */
export async function insertTenant(
  platform: Pick<Platform, "sql">,
  id: string,
  settings: object = {},
): Promise<void> {
  await platform.sql("insert into tenants (id, name, settings) values ($1, $1, $2)", [
    id,
    JSON.stringify(settings),
  ]);
}

/** A document long enough that its quotations stream in many pieces. */
export const guide = `# Garden guide

## Tomatoes

Tomatoes want six hours of sun a day and a stake to climb. Water tomatoes at the root in the morning, never on the leaves.
Feed tomatoes every second week once the first fruits show. Pick tomatoes when they give way a little under the thumb.

## Beans

Beans climb on strings and need no feeding. Sow beans after the last frost 🌱, two fingers deep — not more.
`;

/** Gives a tenant the guide to answer from. */
export async function teach(platform: Platform, tenantId: string, text = guide): Promise<void> {
  const tenant = await platform.app.tenants.findTenant(tenantId);
  if (!tenant) throw new Error(`No tenant ${tenantId}`);
  const document = {
    source: "test/guide.md",
    title: undefined,
    url: null,
    mediaType: "text/markdown",
    text,
  };
  await platform.app.syncDocuments(tenant, "test/", [document]);
}
