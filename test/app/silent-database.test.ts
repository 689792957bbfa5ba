import { expect, inject, test } from "vitest";
import { openLine } from "../adapters/postgres/line.ts";
import { insertTenant, startPlatform, teach } from "../support/platform.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { openWs } from "../support/ws-client.ts";

const graceMs = 500;
/** What docs/cluster.md asks a process manager to wait on top of the grace time. */
const patienceMs = 10_000;

test("a process whose database falls silent in the middle of an answer ends soon after its grace time", async () => {
  const database = await createTestDatabase(inject("postgres"));
  const line = await openLine(database.url);
  const env = { SHUTDOWN_GRACE_MS: String(graceMs), EXTRACTIVE_PACE_MS: "200" };
  const platform = await startPlatform({ env, database: { ...database, url: line.url } });
  try {
    await insertTenant(platform, "garden");
    await teach(platform, "garden");
    const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
    client.send("chat_message", { message: "How should I water and feed tomatoes?" });
    await client.until("response_chunk");
    line.silence();
    const since = performance.now();
    await platform.stop();
    expect(performance.now() - since).toBeLessThan(graceMs + patienceMs);
    expect(await client.closed).toBe(1012);
  } finally {
    await line.close();
    await database.drop();
  }
});
