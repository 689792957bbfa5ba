import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { printSchema } from "graphql";
import { schema } from "../api/graphql/schema.ts";

/** Writes schema.graphql; with --check tells by its exit code whether it is up to date. */
const path = join(import.meta.dirname, "../schema.graphql");
const printed = `# Written by npm run schema: change the files of api/graphql instead.\n\n${printSchema(schema)}\n`;

if (process.argv.includes("--check")) {
  const stored = await readFile(path, "utf8").catch(() => "");
  if (stored !== printed) {
    process.stderr.write("schema.graphql is not what the code says: run npm run schema\n");
    process.exitCode = 1;
  }
} else {
  await writeFile(path, printed);
}
