/**
 * Administers the running server from a command line. It speaks to the server over REST, since only
 * one process works on a database.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigError, loadAdminAccess } from "../api/config.ts";
import { createApi, RefusedError } from "./miptech/api.ts";
import { showAudit } from "./miptech/audit.ts";
import { CommandError } from "./miptech/command-error.ts";
import { readCommandLine } from "./miptech/command-line.ts";
import type { CommandName } from "./miptech/commands.ts";
import type { RunCommand } from "./miptech/context.ts";
import { addDocuments, deleteDocuments, listDocuments } from "./miptech/documents.ts";
import { searchDocuments, showStatus } from "./miptech/document-state.ts";
import { retryDocuments } from "./miptech/retry-documents.ts";
import { writeHelp } from "./miptech/help.ts";
import { checkErasure, listErasures, showErasure } from "./miptech/erasures.ts";
import { createKey, listKeys, revokeKeys, rotateKey } from "./miptech/keys.ts";
import { addOrigins, listOrigins, removeOrigins } from "./miptech/origins.ts";
import { createOutput } from "./miptech/output.ts";
import { checkReceiver } from "./miptech/receiver.ts";
import {
  activateTenant,
  createTenant,
  deleteTenant,
  listTenants,
  showTenant,
  suspendTenant,
  updateTenant,
} from "./miptech/tenants.ts";
import { listUnanswered, markUnanswered } from "./miptech/unanswered.ts";
import { showUsage } from "./miptech/usage.ts";
import {
  addWebSource,
  deleteWebSources,
  listWebSources,
  refreshWebSources,
} from "./miptech/web-sources.ts";
import {
  blockUsers,
  deleteUsers,
  listUsers,
  setUserRole,
  showUser,
  unblockUsers,
} from "./miptech/users.ts";

const wait = (ms: number) => setTimeout<void>(ms);
const root = join(import.meta.dirname, "..");
const write = (text: string) => void process.stdout.write(text);

const runs: Readonly<Record<CommandName, RunCommand>> = {
  "documents add": addDocuments,
  "documents list": listDocuments,
  "documents status": showStatus,
  "documents retry": retryDocuments,
  "documents search": searchDocuments,
  "documents delete": deleteDocuments,
  "source add": addWebSource,
  "source list": listWebSources,
  "source refresh": refreshWebSources,
  "source delete": deleteWebSources,
  "tenant list": listTenants,
  "tenant create": createTenant,
  "tenant show": showTenant,
  "tenant update": updateTenant,
  "tenant suspend": suspendTenant,
  "tenant activate": activateTenant,
  "tenant delete": deleteTenant,
  "key list": listKeys,
  "key create": createKey,
  "key rotate": rotateKey,
  "key revoke": revokeKeys,
  "origin list": listOrigins,
  "origin add": addOrigins,
  "origin remove": removeOrigins,
  "user list": listUsers,
  "user show": showUser,
  "user block": blockUsers,
  "user unblock": unblockUsers,
  "user delete": deleteUsers,
  "user role": setUserRole,
  usage: showUsage,
  "unanswered list": listUnanswered,
  "unanswered handle": markUnanswered,
  "erasure list": listErasures,
  "erasure show": showErasure,
  "erasure check": checkErasure,
  audit: showAudit,
};

/** @returns whether all is done. */
async function run(args: readonly string[]): Promise<boolean> {
  const line = readCommandLine(args);
  if ("helpFor" in line) {
    write(writeHelp(line.helpFor));
    return true;
  }
  const { adminToken, isMadeToken, apiPrefix, workingDir, maxDocumentBytes, ...access } =
    loadAdminAccess(root);
  if (!adminToken) {
    throw new CommandError(
      "No admin token: set ADMIN_TOKEN to the one that the server has (see --help).",
    );
  }
  const { command, tenantId, url = access.url, json } = line;
  if (line.url !== undefined) checkReceiver(line.url, { isMadeToken, insecure: line.insecure });
  const apiOf = (id: string | undefined) =>
    createApi({ url, apiPrefix, adminToken, tenantId: id, wait });
  return runs[command]({
    line,
    api: apiOf(tenantId),
    apiOf,
    output: createOutput(write, json),
    print: (text) => write(`${text}\n`),
    maxDocumentBytes,
    wait,
    workingDir,
  });
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
