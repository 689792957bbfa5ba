import { defineConfig } from "vitest/config";

/** A run of its own whose tests pass, and whose log holds a token, or whose frames are wrong: its end must fail it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    globalSetup: ["setup.ts"],
    setupFiles: ["../frames-setup.ts"],
    include: ["leak.ts", "frames.ts"],
    pool: "forks",
  },
});
