import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One PostgreSQL and one Redis for all projects together.
    globalSetup: ["test/support/global-setup.ts"],
    teardownTimeout: 60_000,
    projects: [
      {
        // The file that Node itself takes. Two copies of graphql refuse each other's schemas.
        resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/element/**/*.browser.test.ts"],
          // Every frame of the run is held against /asyncapi.json.
          setupFiles: ["test/support/record/frames-setup.ts"],
          // Processes, since tests set environment variables, send signals and count handles.
          pool: "forks",
          // Of two cores both: much of the time a test waits for processes of its own.
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      "test/element/vitest.config.ts",
    ],
  },
});
