import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, chromiumPath } from "../support/chromium.ts";

/** The tests that run inside a real Chromium. */
export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  // Named, so that none is found while tests run, which would load their page again.
  optimizeDeps: {
    include: [
      "axe-core",
      "fast-check",
      "lit",
      "lit/directive.js",
      "lit/directives/repeat.js",
      "react",
      "react-dom/client",
      "react-dom/server",
      "react/jsx-dev-runtime",
      "streaming-markdown",
      "zustand",
      "zustand/shallow",
    ],
  },
  test: {
    name: "browser",
    include: ["test/element/**/*.browser.test.{ts,tsx}"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { executablePath: await chromiumPath(), args: [...chromiumArgs] },
      }),
      instances: [{ browser: "chromium", viewport: { width: 1000, height: 800 } }],
    },
  },
});
