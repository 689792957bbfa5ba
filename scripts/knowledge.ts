import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { App } from "../api/app.ts";
import { platformPrefix } from "./platform-prefix.ts";

/** The tenants that every platform begins with, by the SQL that makes them. */
const seeds = [
  { tenantId: "demo", sql: "scripts/create_demo_tenant.sql" },
  { tenantId: "miptech-company", sql: "scripts/create_company_tenant.sql" },
];

/** Makes the seeded tenants where they are missing; public must be migrated. */
export async function seedTenants(root: string, databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A connection that is lost while it idles is noticed at its next query.
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const { sql } of seeds) await client.query(readFileSync(join(root, sql), "utf8"));
  } finally {
    await client.end();
  }
}

/**
 * Brings the documents of the seeded tenants up to the README and docs/ as they stand.
 * @returns how many tenants were served; one that was suspended or removed is passed over.
 */
export async function ingestDocs(
  root: string,
  app: Pick<App, "tenants" | "syncDocuments">,
): Promise<number> {
  const files = ["README.md", ...globSync("docs/**/*.md", { cwd: root }).sort()];
  const documents = files.map((file) => ({
    source: `${platformPrefix}${file.replaceAll("\\", "/")}`,
    title: undefined,
    url: null,
    mediaType: "text/markdown",
    text: readFileSync(join(root, file), "utf8"),
  }));
  let served = 0;
  for (const { tenantId } of seeds) {
    const tenant = await app.tenants.findTenant(tenantId);
    if (!tenant) continue;
    await app.syncDocuments(tenant, platformPrefix, documents);
    served += 1;
  }
  return served;
}
