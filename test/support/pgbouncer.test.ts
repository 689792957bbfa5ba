import { Client } from "pg";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { requirePgBouncer } from "./pgbouncer-program.ts";
import { startPgBouncer } from "./pgbouncer.ts";
import { createTestDatabase } from "./postgres.ts";

test("sessions share connections to the server, and closing it ends it", async () => {
  await using opened = new AsyncDisposableStack();
  const database = await createTestDatabase(inject("postgres"));
  opened.defer(database.drop);
  const pooler = await startPgBouncer(database);
  const sessions = await Promise.all(
    [pooler.url, pooler.url, pooler.url, pooler.adminUrl].map(async (url) => {
      const client = new Client({ connectionString: url });
      client.on("error", () => undefined); // it is ended below
      await client.connect();
      return client;
    }),
  );
  const pids = new Set<number>();
  for (const session of sessions.slice(0, 3)) {
    const { rows } = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
    for (const { pid } of rows) pids.add(pid);
  }
  expect(pids.size).toBeLessThan(3);

  await pooler.close();

  const late = new Client({ connectionString: pooler.url });
  await expect(late.connect()).rejects.toThrow(/ECONNREFUSED/);
});

test("without PgBouncer and any package manager the error says what to install", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  onTestFinished(() => void vi.unstubAllEnvs());

  await expect(requirePgBouncer("/nonexistent/pgbouncer")).rejects.toThrow(
    /Install it .*apt-get install pgbouncer/,
  );
});
