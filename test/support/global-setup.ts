import type { TestProject } from "vitest/node";
import { startTestPostgres, type PostgresAdmin } from "./postgres.ts";
import { startRedis } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** For `createTestDatabase`. */
    postgres: PostgresAdmin;
    /** One Redis for all test files: use key prefixes of your own, and don't flush it. */
    redis: { url: string };
  }
}

/** Starts one PostgreSQL and one Redis for the whole test run; tests get them with `inject`. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  try {
    const redis = await startRedis();
    project.provide("postgres", postgres.admin);
    project.provide("redis", { url: redis.url });
    return async () => {
      await redis.close();
      await postgres.close();
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}
