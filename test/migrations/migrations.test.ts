import { expect, inject, test } from "vitest";
import { runMigrations } from "./migration-run.ts";

test(
  "a migration of all tenants that is killed again and again leaves none half-migrated, and all at the head in the end",
  { timeout: 120_000 },
  async () => {
    const options = { tenants: 24, kills: 3, parallel: 2, seed: 1 };
    const never = new AbortController().signal;
    const report = await runMigrations(options, inject("postgres"), () => undefined, never);
    expect(report).toEqual({ counts: ["3 kills, 24 tenants"], faults: [] });
  },
);
