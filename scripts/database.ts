import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
} from "../api/adapters/embedded-postgres/start.ts";
import { StartError } from "../api/app.ts";
import type { Config } from "../api/config.ts";
import { databaseUrl, say } from "../api/main.ts";

/** The database that the platform works with. */
export interface Database {
  readonly url: string;
  /** Ends the embedded server; leaves another one alone. */
  close(): Promise<void>;
}

/**
 * Starts the embedded server with its login and database, unless a real one is configured.
 * @throws StartError
 */
export async function openDatabase(config: Config): Promise<Database> {
  if (!config.database.embedded) return { url: databaseUrl(config), close: async () => undefined };
  const { port, user, password, name } = config.database;
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, port, report: say }).catch(
    (error: Error) => {
      // Its texts are written for the person who starts the platform.
      throw new StartError(error.message, { cause: error });
    },
  );
  try {
    await ensureLoginAndDatabase(server, { user, password, database: name });
    return { url: databaseUrl(config, server.port), close: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
