import { defineConfig } from "vite";

/** Builds the headless client beside the widget, which must be built first: one module without dependencies. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: `${import.meta.dirname}/../dist`,
    emptyOutDir: false,
    target: "es2022",
    sourcemap: true,
    minify: false,
    lib: {
      entry: `${import.meta.dirname}/client.ts`,
      formats: ["es"],
      fileName: () => "client.js",
    },
  },
});
