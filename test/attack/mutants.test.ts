import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { buildPatched } from "../support/patched-build.ts";
import { makeTestFolder } from "../support/test-folder.ts";
import { mutants, patchesOf, type Mutant } from "./mutant/mutants.ts";
import { runMutant } from "./mutant/mutant-run.ts";
import { judgeMutant } from "./report.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTestFolder("mutant");
});
afterEach(() => rm(folder, { recursive: true }));

test.each(mutants)("the program can be built without %s", async (mutant) => {
  const root = join(import.meta.dirname, "../..");
  const patches = patchesOf(mutant, { victim: "attack-v", attacker: "attack-a" });
  await buildPatched(patches, root, folder);
  await expect(buildPatched(patches, folder, join(folder, "again"))).rejects.toThrow(
    /fits 0 times/,
  );
});

/** What is attacked there: enough to see it. */
const shortRuns: readonly (readonly [mutant: Mutant, only: string, verdict: number])[] = [
  ["owner-check", "Query.message", 1],
  ["schema", "GET /api/v1/chat/{chat_id}", 3],
];

test.each(shortRuns)(
  "a server without %s, asked for %s, is seen through: %i",
  { timeout: 240_000 },
  async (mutant, only, verdict) => {
    const lines: string[] = [];
    const report = await runMutant({
      mutant,
      seed: 1,
      thoroughness: "quick",
      only,
      say: (line) => void lines.push(line),
      stop: new AbortController().signal,
      given: { postgres: inject("postgres"), redisUrl: inject("redis").url },
    });
    expect(judgeMutant(report, report.fence), lines.join("\n")).toBe(verdict);
    // The owner is served all the while, else there was nothing to be kept from.
    expect(report.tally.counted).toBeGreaterThan(0);
  },
);
