import { expect, test } from "vitest";
import { startPlatform } from "../support/platform.ts";
import { createRecordingLogger } from "../support/logger.ts";

test("probes that find all well are no news; other requests are logged", async () => {
  const logger = createRecordingLogger();
  const platform = await startPlatform({ overrides: { logger } });
  try {
    for (const path of ["/health", "/health/live", "/health/ready", "/metrics", "/openapi.json"])
      await (await fetch(platform.url + path)).text();
    const logged = (level: string) =>
      logger.lines.filter(({ text, ...line }) => text === "Request" && line.level === level);
    expect(logged("info")).toHaveLength(1);
    expect(logged("debug")).toHaveLength(4);
  } finally {
    await platform.close();
  }
});
