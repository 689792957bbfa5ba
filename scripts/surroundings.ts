import { join } from "node:path";
import type { App } from "../api/app.ts";
import { loadConfig, type Config } from "../api/config.ts";
import { closeServer, listen, say, type Closer } from "../api/main.ts";
import { buildElement } from "./build-element.ts";
import { ingestDocs, seedTenants } from "./knowledge.ts";
import { createSite } from "./site.ts";

/**
 * The configuration, with the host page's own origin, on whichever port it is served; production and staging have it
 * named. @throws ConfigError
 */
export function loadSiteConfig(root: string): Config {
  const config = loadConfig(root);
  if (!config.trustsLoopback) return config;
  const site = [`http://localhost:${config.sitePort}`, `http://127.0.0.1:${config.sitePort}`];
  return { ...config, corsOrigins: [...config.corsOrigins, ...site] };
}

/** Brings the seeded tenants, their documents and the element up to date; public must be migrated. */
export async function refreshContent(
  root: string,
  config: Config,
  databaseUrl: string,
  app: App,
): Promise<void> {
  if (!config.production) await seedTenants(root, databaseUrl);
  if (!config.production) await ingestDocs(root, app);
  if (await buildElement(root)) say("✅ Element built");
}

/** Serves the host page. @throws StartError when its port is taken. */
export async function openHostPage(root: string, config: Config, apiUrl: string): Promise<Closer> {
  const server = createSite(join(root, "element/host"), apiUrl);
  await listen(server, config.sitePort, config.host, "SITE_PORT");
  return () => closeServer(server);
}

/** What a person may want to open, a line each. @param url the database's. */
export function listAddresses(config: Config, apiUrl: string, url: string): string {
  const { hostname, port, username, pathname } = new URL(url);
  const password = config.database.embedded ? `PGPASSWORD=${config.database.password} ` : "";
  const host = hostname === "127.0.0.1" ? "localhost" : hostname;
  return `
   Chat         http://localhost:${config.sitePort}
   GraphQL      ${apiUrl}/graphql
   REST docs    ${apiUrl}/docs
   WebSocket    ${apiUrl.replace("http", "ws")}${config.apiPrefix}/ws/chat?tenant_id=miptech-company
   Admin token  your ADMIN_TOKEN, else adminToken in ${join(config.dataDir, "secrets.json")}
   Database     ${password}psql -h ${host} -p ${port || 5432} -U ${username} -d ${pathname.slice(1)}
`;
}
