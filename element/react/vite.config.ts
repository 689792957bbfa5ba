import { defineConfig } from "vite";

const dist = `${import.meta.dirname}/../dist`;

/**
 * Builds the React binding beside the widget: one module for a bundler, which brings its own React and
 * zustand. The element stays in widget.js, which must be built first, and is loaded when it is rendered.
 */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  // React's code for production whatever NODE_ENV says.
  oxc: { jsx: { runtime: "automatic", development: false } },
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: "es2022",
    sourcemap: true,
    minify: false,
    lib: {
      entry: `${import.meta.dirname}/react.ts`,
      formats: ["es"],
      fileName: () => "react.js",
    },
    rolldownOptions: {
      external: [/^react($|\/)/, /^zustand($|\/)/, /widget\.ts$/],
      output: {
        paths: (id) => (id.endsWith("widget.ts") ? "./widget.js" : id),
        // A bundler for server components must know that this runs in the browser.
        banner: '"use client";',
      },
    },
  },
});
