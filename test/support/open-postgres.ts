import { inject } from "vitest";
import {
  openPostgres,
  type Postgres,
  type PostgresOptions,
} from "../../api/adapters/postgres/open.ts";
import { createTextAnalyzer } from "../../api/adapters/text-analysis/analyzer.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { Client } from "pg";
import { createPgBossJobs } from "../../api/adapters/pg-boss/jobs.ts";
import { createRecordingLogger } from "./logger.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";

export interface OpenedPostgres {
  readonly postgres: Postgres;
  readonly database: TestDatabase;
  /** Makes a tenant and reads it as the doors do. */
  addTenant(id: string, settings?: object): Promise<Tenant>;
  run(text: string, values?: unknown[]): Promise<void>;
  read<Row extends object>(text: string): Promise<Row[]>;
  /** The same as superuser. */
  runAsAdmin(text: string): Promise<void>;
  close(): Promise<void>;
}

/** The adapter on a database of its own. */
export async function openTestPostgres(
  options: Partial<PostgresOptions> = {},
): Promise<OpenedPostgres> {
  const database = await createTestDatabase(inject("postgres"));
  const postgres = await openPostgres(postgresOptions(database.url, options));
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return {
    postgres,
    database,
    async addTenant(id, settings = {}) {
      await client.query("insert into tenants (id, name, settings) values ($1, $1, $2)", [
        id,
        JSON.stringify(settings),
      ]);
      const tenant = await postgres.tenants.findTenant(id);
      if (!tenant) throw new Error(`The tenant ${id} was not made`);
      return tenant;
    },
    async run(text, values = []) {
      await client.query(text, values);
    },
    read: async <Row extends object>(text: string) => (await client.query<Row>(text)).rows,
    runAsAdmin: (text) => runOnce(database.adminUrl, text),
    async close() {
      await client.end();
      await postgres.close();
      await database.drop();
    },
  };
}

async function runOnce(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Those of a process that has the database alone and listens to nothing. */
export function postgresOptions(
  url: string,
  options: Partial<PostgresOptions> = {},
): PostgresOptions {
  return {
    url,
    poolSize: 10,
    analyzer: createTextAnalyzer(),
    clock: systemClock,
    logger: createRecordingLogger(),
    onTenantChange: () => undefined,
    onKeyChange: () => undefined,
    onUserChange: () => undefined,
    onTurnStop: () => undefined,
    onListening: () => undefined,
    onDocumentChange: () => undefined,
    onJobs: () => undefined,
    jobs: (execute) => createPgBossJobs(execute, createRecordingLogger()),
    isShared: false,
    ...options,
  };
}
