import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Takes the indentation out of templates and style sheets, and their comments: every page would load them. */
const stripTemplates: Plugin = {
  name: "strip-templates",
  enforce: "pre",
  transform: {
    filter: { id: /\/element\/(?:view|styles)\// },
    handler: (code) => ({
      code: code.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\n\s+/g, "\n"),
      map: null,
    }),
  },
};

/** Builds the script that a host page loads: one module, nothing beside it but its source map. */
export default defineConfig({
  root: here("."),
  publicDir: false,
  plugins: [stripTemplates],
  // Lit's code for production whatever NODE_ENV says: a page must never get the other one.
  resolve: { conditions: ["module", "browser", "production"] },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
    license: { fileName: "widget.licenses.md" },
    lib: { entry: here("widget.ts"), formats: ["es"], fileName: () => "widget.js" },
    // The Markdown parser's own checks are for its authors.
    rolldownOptions: {
      treeshake: { manualPureFunctions: ["console.assert"] },
      // A library of this format would otherwise keep its white space.
      output: { minify: true, postBanner: "/*! Licences of what is inside: widget.licenses.md */" },
    },
  },
});
