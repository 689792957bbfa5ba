import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds the script that a host page loads: one module, nothing beside it but its source map. */
export default defineConfig({
  root: here("."),
  publicDir: false,
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
    lib: { entry: here("widget.ts"), formats: ["es"], fileName: () => "widget.js" },
  },
});
