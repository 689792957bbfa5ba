/**
 * Administers the running server from a command line. It speaks to the server over REST, since only
 * one process works on a database.
 */
import { join } from "node:path";
import { ConfigError, loadAdminAccess } from "../api/config.ts";
import { createAdminClient, RefusedError } from "./miptech/admin-client.ts";
import { CommandError } from "./miptech/command-error.ts";
import { help, readCommandLine } from "./miptech/command-line.ts";
import { addDocuments, deleteDocuments, listDocuments } from "./miptech/documents.ts";

const root = join(import.meta.dirname, "..");
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** @returns whether all is done. */
async function run(args: readonly string[]): Promise<boolean> {
  const line = readCommandLine(args);
  if (line === "help") {
    process.stdout.write(help);
    return true;
  }
  const { adminToken, apiPrefix, workingDir, ...access } = loadAdminAccess(root);
  if (!adminToken) {
    throw new CommandError(
      "No admin token: set ADMIN_TOKEN to the one that the server has (see --help).",
    );
  }
  const { tenantId, url = access.url } = line;
  const client = createAdminClient({ url, apiPrefix, adminToken, tenantId });
  if (line.command === "add") return addDocuments(client, line, workingDir, say);
  if (line.command === "delete") return deleteDocuments(client, line.operands, say);
  await listDocuments(client, say);
  return true;
}

try {
  process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  const isExpected =
    error instanceof CommandError || error instanceof ConfigError || error instanceof RefusedError;
  if (!isExpected) throw error;
  process.stderr.write(`❌ ${error.message}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
