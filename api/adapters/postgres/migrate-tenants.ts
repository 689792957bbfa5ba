import { MikroORM } from "@mikro-orm/postgresql";
import pg from "pg";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/ports.ts";
import { parseSettings, type Tenant } from "../../core/tenant.ts";
import type { JobTables } from "./job-outbox.ts";
import { ormConfig } from "./open.ts";
import { preparePublic } from "./public-schema.ts";
import { createTenantWork } from "./tenant-work.ts";

export interface MigrateTenantsOptions {
  /** Of the login that serves requests. */
  readonly url: string;
  readonly jobs: Pick<JobTables, "schema" | "prepare">;
  readonly logger: Logger;
  /** How many tenants are worked at together; each takes up to three connections. */
  readonly parallel: number;
  /** Takes no further tenant after it. */
  readonly signal: AbortSignal;
  /** Told of each tenant that was done. */
  readonly onProgress: (done: number, all: number) => void;
}

export interface MigratedTenants {
  readonly all: number;
  /** At the head now, whether they were before or not. */
  readonly done: number;
  readonly failures: readonly { readonly tenantId: string; readonly error: unknown }[];
}

/**
 * Brings public and the schemas of all tenants to the head, as the first request to each would: under the same locks,
 * so servers may run meanwhile, and a run that was ended at any moment is finished by the next. A tenant that fails
 * keeps none of the others back. @throws StartError when the server can't be used.
 */
export async function migrateTenants(options: MigrateTenantsOptions): Promise<MigratedTenants> {
  const { url, logger, parallel, signal, onProgress } = options;
  const { roles } = await preparePublic(url, options.jobs);
  const tenants = await listTenants(url);
  const orm = await MikroORM.init(ormConfig({ url, poolSize: parallel, logger }, () => undefined));
  const work = createTenantWork(orm, url, roles);
  const failures: { tenantId: string; error: unknown }[] = [];
  const waiting = tenants.values();
  let done = 0;

  async function workOff(): Promise<void> {
    for (const tenant of waiting) {
      if (signal.aborted) return;
      try {
        await work(tenant, (em) => em.execute("select 1"));
      } catch (error) {
        // One that was deleted meanwhile has nothing to be migrated.
        if (!(error instanceof AppError && error.code === "TENANT_NOT_FOUND")) {
          failures.push({ tenantId: tenant.id, error });
          continue;
        }
      }
      onProgress((done += 1), tenants.length);
    }
  }

  try {
    await Promise.all(Array.from({ length: parallel }, workOff));
    return { all: tenants.length, done, failures };
  } finally {
    await orm.close(true);
  }
}

/** Also those that are suspended: they may be let in again by any process. */
async function listTenants(url: string): Promise<Tenant[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; name: string }>(
      "select id, name from public.tenants where status <> 'erasing' order by id",
    );
    return rows.map((row) => ({ ...row, domain: null, settings: parseSettings({}, row.id) }));
  } finally {
    await client.end();
  }
}
