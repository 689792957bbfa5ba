import { defineConfig } from "vitest/config";

/** A run of its own whose one test passes, and whose log holds a token: the search at its end must fail it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    globalSetup: ["setup.ts"],
    include: ["leak.ts"],
    pool: "forks",
  },
});
