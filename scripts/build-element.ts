import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds element/dist/widget.js where its sources have changed since the last build.
 * @returns whether there was something to do.
 */
export async function buildElement(root: string): Promise<boolean> {
  const dist = join(root, "element/dist");
  const stamp = join(dist, ".sources");
  const sources = hashSources(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return false;
  const { build } = await import("vite");
  await build({ configFile: join(root, "element/vite.config.ts"), logLevel: "warn" });
  mkdirSync(dist, { recursive: true });
  writeFileSync(stamp, sources);
  return true;
}

function hashSources(root: string): string {
  const hash = createHash("sha256");
  const files = globSync(
    ["element/**/*.ts", "api/ws/protocol.ts", "api/ws/protocol/*.ts", "package-lock.json"],
    { cwd: root },
  );
  for (const file of files.filter((name) => !name.includes("dist")).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

if (import.meta.main) {
  const built = await buildElement(join(import.meta.dirname, ".."));
  console.log(built ? "Built element/dist/widget.js" : "element/dist/widget.js is up to date");
}
