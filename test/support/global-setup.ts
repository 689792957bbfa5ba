import type { TestProject } from "vitest/node";
import { startTestPostgres, type PostgresAdmin } from "./postgres.ts";
import { noteSecret } from "./record/folder.ts";
import { openRunRecord } from "./record/run-record.ts";
import { startRedis } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** For `createTestDatabase`. */
    postgres: PostgresAdmin;
    /** One Redis for all test files: use key prefixes of your own, and don't flush it. */
    redis: { url: string };
  }
}

/**
 * Starts one PostgreSQL and one Redis for the whole test run; tests get them with `inject`. What the platforms of the
 * run log and refuse is kept, and searched at its end.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const opened = new AsyncDisposableStack();
  try {
    const record = await openRunRecord();
    const postgres = await startTestPostgres();
    opened.defer(postgres.close);
    noteSecret("the superuser's password", postgres.admin.password);
    const redis = await startRedis();
    opened.defer(redis.close);
    project.provide("postgres", postgres.admin);
    project.provide("redis", { url: redis.url });
    return async () => {
      try {
        await record.close([postgres.logFile]);
      } finally {
        await opened.disposeAsync();
      }
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
