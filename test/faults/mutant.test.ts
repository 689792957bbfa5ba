import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTestFolder } from "../support/test-folder.ts";
import { buildWithout, safeguards } from "./mutant.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTestFolder("mutant");
});
afterEach(() => rm(folder, { recursive: true }));

test.each(safeguards)("the program can be built without %s", async (safeguard) => {
  await buildWithout(safeguard, join(import.meta.dirname, "../.."), folder);
  await expect(buildWithout(safeguard, folder, join(folder, "again"))).rejects.toThrow(
    /fits 0 times/,
  );
});
