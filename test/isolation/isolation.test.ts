import { expect, inject, test } from "vitest";
import { runIsolation } from "./isolation-run.ts";

test(
  "no tenant is given another's rows on a pool of one or behind a pooler, and the control leaks",
  { timeout: 120_000 },
  async () => {
    const lines: string[] = [];
    const report = await runIsolation(
      { operations: 1000, pooled: 300, control: 100, tenants: 6, seed: 5 },
      inject("postgres"),
      (line) => void lines.push(line),
      new AbortController().signal,
    );
    expect(report.faults, lines.join("\n")).toEqual([]);
    const counts = report.counts.join("\n");
    expect(counts.match(/^ {2}wrong rows +0$/gm)).toHaveLength(2);
    expect(counts).toMatch(/leaks through PgBouncer in 100 reads +[1-9]/);
  },
);
