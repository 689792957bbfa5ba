import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { printSchema } from "graphql";
import { schema } from "../api/graphql/schema.ts";

/** Writes schema.graphql, or the file that is named; with --check only tells whether it is up to date. */
const { values, positionals } = parseArgs({
  options: { check: { type: "boolean", default: false } },
  allowPositionals: true,
});
const path = positionals[0] ?? join(import.meta.dirname, "../schema.graphql");
const head = "# Written by npm run schema: change the files of api/graphql instead.";
const printed = `${head}\n\n${printSchema(schema)}\n`;

if (!values.check) await writeFile(path, printed);
else if ((await readFile(path, "utf8")) !== printed) {
  process.stderr.write(`${path} is not what the code says: npm run schema\n`);
  process.exitCode = 1;
}
