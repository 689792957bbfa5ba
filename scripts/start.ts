import { join } from "node:path";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
} from "../api/adapters/embedded-postgres/start.ts";
import { StartError } from "../api/app.ts";
import { loadConfig, type Config } from "../api/config.ts";
import {
  closeServer,
  databaseUrl,
  listen,
  runProgram,
  say,
  serve,
  waitForSignal,
} from "../api/main.ts";
import { buildElement } from "./build-element.ts";
import { ingestDocs, seedTenants } from "./knowledge.ts";
import { createSite } from "./site.ts";

const root = join(import.meta.dirname, "..");

await runProgram(async () => {
  const stop = waitForSignal();
  const loaded = loadConfig(root);
  // The host page's own origin, wherever it is served.
  const site = [`http://localhost:${loaded.sitePort}`, `http://127.0.0.1:${loaded.sitePort}`];
  const config = { ...loaded, corsOrigins: [...loaded.corsOrigins, ...site] };
  const database = config.database.embedded ? await startDatabase(config) : undefined;
  try {
    const url = databaseUrl(config, database?.port);
    await serve(config, url, stop, {
      async prepare(app) {
        if (!config.production) await seedTenants(root, url);
        if (!config.production) await ingestDocs(root, app);
        if (await buildElement(root)) say("✅ Element built");
      },
      async listening(_app, apiUrl) {
        const server = createSite(join(root, "element/host"), apiUrl);
        await listen(server, config.sitePort, config.host, "SITE_PORT");
        tellAddresses(config, apiUrl, url);
        return () => closeServer(server);
      },
    });
  } finally {
    await database?.stop();
  }
});

async function startDatabase(config: Config) {
  const { port, user, password, name } = config.database;
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, port, report: say }).catch(
    (error: Error) => {
      // Its texts are written for the person who starts the platform.
      throw new StartError(error.message, { cause: error });
    },
  );
  try {
    await ensureLoginAndDatabase(server, { user, password, database: name });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function tellAddresses(config: Config, apiUrl: string, url: string): void {
  const { hostname, port, username, pathname } = new URL(url);
  const password = config.database.embedded ? `PGPASSWORD=${config.database.password} ` : "";
  const host = hostname === "127.0.0.1" ? "localhost" : hostname;
  say(`
   Chat         http://localhost:${config.sitePort}
   GraphQL      ${apiUrl}/graphql
   REST docs    ${apiUrl}/docs
   WebSocket    ${apiUrl.replace("http", "ws")}${config.apiPrefix}/ws/chat?tenant_id=miptech-company
   Admin token  your ADMIN_TOKEN, else adminToken in ${join(config.dataDir, "secrets.json")}
   Database     ${password}psql -h ${host} -p ${port || 5432} -U ${username} -d ${pathname.slice(1)}

Press Ctrl-C to stop.`);
}
