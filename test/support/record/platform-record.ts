import type { Server } from "node:http";
import { appendFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../../api/core/ports.ts";
import type { Config } from "../../../api/config.ts";
import type { Fetch } from "../../../api/http.ts";
import { watchFetch, watchServer } from "./answers.ts";
import { nameRecord, noteSecret, recordFolder } from "./folder.ts";
import { openRecordLogger } from "./logger.ts";
import { noteMessages } from "./messages.ts";

/** What a platform of a test logs and answers, kept in the folder of the run. */
export interface PlatformRecord {
  readonly logger: Logger;
  /** Of its log, of what tells of errors in its answers, and of its metrics when it was closed. */
  readonly files: readonly string[];
  watchFetch(fetch: Fetch): Fetch;
  watchServer(server: Server): void;
  /** Keeps the metrics as they are. */
  readMetrics(fetch: Fetch): Promise<void>;
  /** Notes where the words of its messages stand in the files. @param adminUrl of its database, as superuser */
  close(adminUrl: string): Promise<void>;
}

/** @param config whose secrets must not be found. @throws Error outside a test run */
export function openPlatformRecord(config: Config): PlatformRecord {
  const folder = recordFolder();
  if (folder === undefined) throw new Error("There is no test run whose folder this could be in");
  for (const [kind, secret] of Object.entries(secretsOf(config)))
    if (secret !== undefined) noteSecret(kind, secret);
  const name = join(folder, nameRecord("platform"));
  const files = { log: `${name}.log`, answers: `${name}.answers`, metrics: `${name}.metrics` };
  const { logger, close } = openRecordLogger(files.log);
  const note = (text: string) => appendFileSync(files.answers, `${text}\n`);
  note("");
  return {
    logger,
    files: Object.values(files),
    watchFetch: (fetch) => watchFetch(fetch, note),
    watchServer: (server) => watchServer(server, note),
    async readMetrics(fetch) {
      const response = await fetch(new Request("http://localhost/metrics"), { address: "" });
      await writeFile(files.metrics, await response.text());
    },
    async close(adminUrl) {
      close();
      await noteMessages(adminUrl, Object.values(files));
    },
  };
}

function secretsOf(config: Config): Record<string, string | undefined> {
  return {
    "the admin token": config.adminToken,
    SECRET_KEY: config.secretKey,
    SECRET_KEY_PREVIOUS: config.previousSecretKey,
    JWT_SECRET_KEY: config.jwtSecretKey,
    JWT_SECRET_KEY_PREVIOUS: config.previousJwtSecretKey,
    OPENAI_API_KEY: config.model?.apiKey,
    "Redis' password": config.redis && (new URL(config.redis.url).password || undefined),
  };
}
