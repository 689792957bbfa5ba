import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
} from "../api/adapters/embedded-postgres/start.ts";
import { createPgBossJobs } from "../api/adapters/pg-boss/jobs.ts";
import { openPostgres, type Postgres } from "../api/adapters/postgres/open.ts";
import { systemClock } from "../api/adapters/system/clock.ts";
import { createTextAnalyzer } from "../api/adapters/text-analysis/analyzer.ts";
import type { Tenant } from "../api/core/tenant.ts";

/** The platform's PostgreSQL adapter on an empty database of its own, to measure with. */
export interface ScratchPlatform {
  readonly postgres: Postgres;
  /** Of the database, as the platform's login. */
  readonly url: string;
  /** A connection as superuser. */
  readonly admin: pg.Client;
  addTenant(id: string): Promise<Tenant>;
  /** Ends the database and removes it. */
  close(): Promise<void>;
}

/** @param settings of PostgreSQL, beside its own. */
export async function openScratchPlatform(
  settings: Record<string, string> = {},
): Promise<ScratchPlatform> {
  const opened = new AsyncDisposableStack();
  try {
    const dataDir = await mkdtemp(join(tmpdir(), "miptech-scratch-"));
    opened.defer(() => rm(dataDir, { recursive: true, force: true }));
    const report = (line: string) => void process.stderr.write(`${line}\n`);
    const server = await startEmbeddedPostgres({ dataDir, port: 0, report, settings });
    opened.defer(server.stop);
    const [user, password, database] = ["scratch", crypto.randomUUID(), "scratch"];
    await ensureLoginAndDatabase(server, { user, password, database });
    const { adminUser, adminPassword, port } = server;
    const address = (login: string, secret: string) =>
      `postgres://${encodeURIComponent(login)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${database}`;
    const ignore = () => undefined;
    const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    const url = address(user, password);
    const postgres = await openPostgres({
      url,
      poolSize: 4,
      isShared: false,
      analyzer: createTextAnalyzer(),
      clock: systemClock,
      logger,
      jobs: (execute) => createPgBossJobs(execute, logger),
      onJobs: ignore,
      onDocumentChange: ignore,
      onTenantChange: ignore,
      onKeyChange: ignore,
      onUserChange: ignore,
      onTurnStop: ignore,
      onListening: ignore,
    });
    opened.defer(postgres.close);
    const admin = new pg.Client({ connectionString: address(adminUser, adminPassword) });
    await admin.connect();
    opened.defer(() => admin.end());
    return {
      postgres,
      url,
      admin,
      async addTenant(id) {
        await admin.query("insert into tenants (id, name) values ($1, $1)", [id]);
        const tenant = await postgres.tenants.findTenant(id);
        if (!tenant) throw new Error(`The tenant ${id} was not made`);
        return tenant;
      },
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
