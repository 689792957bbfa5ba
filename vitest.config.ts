import { defineConfig } from "vitest/config";

const shared = [
  "test/core/**/*.test.ts",
  "test/rest/**/*.test.ts",
  "test/graphql/**/*.test.ts",
  "test/ws/**/*.test.ts",
  "test/docs/**/*.test.ts",
  "test/element/**/*.test.ts",
  "test/adapters/{jose,memory,openai}/**/*.test.ts",
];

function inNode(
  name: string,
  { include, exclude = [], isolate }: { include: string[]; exclude?: string[]; isolate: boolean },
) {
  return {
    // The file that Node itself takes. Two copies of graphql refuse each other's schemas.
    resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
    test: {
      name,
      include,
      exclude: ["test/element/**/*.browser.test.ts", ...exclude],
      // Every frame of the run is held against /asyncapi.json.
      setupFiles: ["test/support/record/frames-setup.ts"],
      // Processes, since tests set environment variables, send signals and count handles.
      pool: "forks" as const,
      isolate,
      // Of two cores both: much of the time a test waits for processes of its own.
      maxWorkers: 2,
      testTimeout: 20_000,
      hookTimeout: 60_000,
    },
  };
}

export default defineConfig({
  test: {
    // One PostgreSQL and one Redis for all projects together.
    globalSetup: ["test/support/global-setup.ts"],
    teardownTimeout: 60_000,
    projects: [
      inNode("node", { include: ["test/**/*.test.ts"], exclude: shared, isolate: true }),
      // Tests that leave their process as they found it: the modules are read once, which halves their time.
      inNode("node-shared", { include: shared, isolate: false }),
      "test/element/vitest.config.ts",
    ],
  },
});
