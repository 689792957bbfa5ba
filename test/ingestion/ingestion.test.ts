import { expect, inject, test } from "vitest";
import { runIngestions } from "./ingestion-run.ts";

const options = { seed: 5, kills: 3, sources: 6, patience: 60 };
const { signal } = new AbortController();

test(
  "a server killed at random steps of ingestions: each document ends complete or failed, as a whole and once",
  { timeout: 120_000 },
  async () => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const report = await runIngestions(options, inject("postgres"), say, signal);
    expect(report.faults, lines.join("\n")).toEqual([]);
    expect(report.accepted).toBeGreaterThan(3);
  },
);

test.each(["finish-last", "one-transaction"] as const)(
  "a build without %s is found out",
  { timeout: 120_000 },
  async (safeguard) => {
    const hurried = { ...options, kills: 2, patience: 5 };
    const report = await runIngestions(
      hurried,
      inject("postgres"),
      () => undefined,
      signal,
      safeguard,
    );
    expect(report.faults).not.toEqual([]);
  },
);
