import { expect, inject, test } from "vitest";
import { runConnections } from "./connection-run.ts";
import { checkFileLimit } from "./file-limit.ts";
import { createMemoryProbe, measureGrowth } from "./memory.ts";
import { reportConnections } from "./connection-report.ts";

test(
  "idle and streaming connections are held, and every answer is complete and as stored",
  { timeout: 120_000 },
  async () => {
    const lines: string[] = [];
    const report = await runConnections(
      // So short that memory can't be judged finely.
      { idle: 200, streaming: 20, seconds: 8, warmup: 2, heap: 32, rss: 128, seed: 4 },
      { postgres: inject("postgres"), redisUrl: inject("redis").url },
      (line) => void lines.push(line),
      new AbortController().signal,
    );
    expect(report.faults, lines.join("\n")).toEqual([]);
    expect(report.counts.join("\n")).toMatch(/answers streamed +\d\d/);
  },
);

const options = { idle: 1, streaming: 1, seconds: 60, warmup: 0, heap: 8, rss: 48 };
const answers = { answers: [], chunks: 0, fewestPings: 4 };

test("memory that keeps growing is a fault, and memory that goes up and down is none", () => {
  const judge = (heaps: readonly number[]) =>
    reportConnections(options, {
      samples: heaps.map((heap) => ({ heap, rss: 300 })),
      summaries: [answers],
      counted: 2,
      faults: [],
    }).faults;
  expect(judge([100, 104, 108, 112, 116, 120, 124, 128])).toEqual([
    "heap: it grew by 24.0 MB, more than 8 MB",
  ]);
  expect(judge([100, 150, 90, 160, 95, 140, 100, 150])).toEqual([]);
  expect(measureGrowth([1, 2, 3, 4, 5, 6, 7, 9])).toEqual({ first: 1.5, last: 8, grown: 6.5 });
});

test("connections that the server doesn't have, and pings that didn't come, are faults", () => {
  const findings = { samples: [], counted: 1, faults: ["a connection was dropped (1006)"] };
  const summaries = [{ ...answers, fewestPings: 0 }];
  expect(reportConnections(options, { ...findings, summaries }).faults).toEqual([
    "a connection was dropped (1006)",
    "the server has 1 connections, not 2",
    "an idle connection got 0 pings, and 3 were due",
  ]);
});

test("too few open files are refused with what to do", () => {
  expect(() => checkFileLimit(5200, 1024)).toThrow('run "ulimit -n 5400" first');
  checkFileLimit(800, 1024);
});

test("the probe takes its own lines alone", () => {
  const probe = createMemoryProbe();
  expect(probe.read("   API 1 │ memory 104857600 52428800")).toBe(true);
  expect(probe.read("   API 1 │ the memory is full")).toBe(false);
});
