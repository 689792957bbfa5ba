import { expect, inject, test } from "vitest";
import { runRestarts } from "./restart-run.ts";

test(
  "rolling restarts under conversations: every answer is complete and as stored, and nobody sees an error",
  { timeout: 180_000 },
  async () => {
    const lines: string[] = [];
    const report = await runRestarts(
      { processes: 2, rounds: 2, conversations: 8, element: 2, seed: 4, grace: 1500, pace: 20 },
      { postgres: inject("postgres"), redisUrl: inject("redis").url },
      (line) => void lines.push(line),
      new AbortController().signal,
    );
    expect(report.faults, lines.join("\n")).toEqual([]);
    expect(report.answered).toBeGreaterThanOrEqual(8 * 2);
    // The restarts were felt by each raw client, at least once.
    expect(report.visitors.connections).toBeGreaterThanOrEqual(6 * 2);
    expect(report.visitors.reconnectFrames).toBeGreaterThanOrEqual(6);
  },
);
