import { expect, test } from "vitest";
import { insertTenant, startPlatform } from "../support/platform.ts";
import { createRecordingLogger } from "../support/logger.ts";

test("what comes between the end of the platform and that of its server is told to try again", async () => {
  const logger = createRecordingLogger();
  const platform = await startPlatform({ overrides: { logger } });
  try {
    await insertTenant(platform, "garden");
    const headers = { "X-Tenant-ID": "garden", "Content-Type": "application/json" };
    const post = (path: string, body: object) =>
      fetch(platform.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    // Requests under way when it closes have their answers: a chat, or a refusal by name.
    const before = Array.from({ length: 20 }, () => post("/api/v1/chat/", { title: "Late" }));
    await platform.app.close();
    for (const { status } of await Promise.all(before)) expect([201, 503]).toContain(status);
    for (const answer of [
      await post("/api/v1/chat/", { title: "Too late" }),
      await post("/graphql", { query: "{ tenant { id } }" }),
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(answer.headers.get("connection")).toBe("close");
      expect(await answer.json()).toMatchObject({ error: { code: "SERVICE_UNAVAILABLE" } });
    }
    expect((await fetch(`${platform.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${platform.url}/health/ready`)).status).toBe(503);
    expect(logger.lines.filter(({ text }) => text === "A request failed")).toEqual([]);
  } finally {
    await platform.close();
  }
});
