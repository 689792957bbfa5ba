import { MikroORM } from "@mikro-orm/postgresql";
import { Migrator } from "@mikro-orm/migrations";
import { Tenants } from "../../../migrations/public/001-tenants.ts";
import { Processes } from "../../../migrations/public/002-processes.ts";
import { Erasures } from "../../../migrations/public/004-erasures.ts";
import { Places } from "../../../migrations/public/005-places.ts";
import { Access } from "../../../migrations/public/003-access.ts";
import { Chats } from "../../../migrations/tenant/001-chats.ts";
import { Documents } from "../../../migrations/tenant/002-documents.ts";
import { Feedback } from "../../../migrations/tenant/003-feedback.ts";
import { Crashes } from "../../../migrations/tenant/004-crashes.ts";
import { Budgets } from "../../../migrations/tenant/005-budgets.ts";
import { ChatOrder } from "../../../migrations/tenant/006-chat-order.ts";
import { SearchIndex } from "../../../migrations/tenant/007-search-index.ts";
import { Ingestion } from "../../../migrations/tenant/008-ingestion.ts";
import { Unanswered } from "../../../migrations/tenant/009-unanswered.ts";
import { WebSources } from "../../../migrations/tenant/010-web-sources.ts";
import { Erasure } from "../../../migrations/tenant/011-erasure.ts";
import { ChatChanges } from "../../../migrations/tenant/012-chat-changes.ts";
import { Branches } from "../../../migrations/tenant/013-branches.ts";
import { OldProcesses } from "../../../migrations/tenant/014-old-processes.ts";
import { EmbeddedBy } from "../../../migrations/tenant/015-embedded-by.ts";
import { TenantRow } from "./public-entities.ts";

const publicMigrations = [
  { name: "001-tenants", class: Tenants },
  { name: "002-processes", class: Processes },
  { name: "003-access", class: Access },
  { name: "004-erasures", class: Erasures },
  { name: "005-places", class: Places },
];

const tenantMigrations = [
  { name: "001-chats", class: Chats },
  { name: "002-documents", class: Documents },
  { name: "003-feedback", class: Feedback },
  { name: "004-crashes", class: Crashes },
  { name: "005-budgets", class: Budgets },
  { name: "006-chat-order", class: ChatOrder },
  { name: "007-search-index", class: SearchIndex },
  { name: "008-ingestion", class: Ingestion },
  { name: "009-unanswered", class: Unanswered },
  { name: "010-web-sources", class: WebSources },
  { name: "011-erasure", class: Erasure },
  { name: "012-chat-changes", class: ChatChanges },
  { name: "013-branches", class: Branches },
  { name: "014-old-processes", class: OldProcesses },
  { name: "015-embedded-by", class: EmbeddedBy },
];

/** The last migration of a tenant's schema: one that has it is at the head. */
export const tenantHead = tenantMigrations.at(-1)?.name ?? "";

/** The table in which each schema keeps its history. */
export const historyTable = "migrations";

/**
 * Brings one schema to the head, each migration in its own transaction, so that a run that is killed
 * can be run again. To be called under a lock: two runs over one schema collide.
 * @param owner the role that is to own what is made; undefined: the login itself.
 */
export async function migrateSchema(
  url: string,
  owner: string | undefined,
  schema: string,
): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: url,
    // The migrator needs no entities; the ORM wants one.
    entities: [TenantRow],
    pool: { min: 0, max: 1 },
    driverOptions: {
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      ...(owner ? { options: `-c role=${escapeOption(owner)}` } : {}),
    },
    migrations: {
      tableName: historyTable,
      migrationsList: schema === "public" ? publicMigrations : tenantMigrations,
      snapshot: false,
      allOrNothing: false,
      silent: true,
      disableForeignKeys: false,
    },
  });
  try {
    await new Migrator(orm.em).up({ schema });
  } finally {
    await orm.close(true);
  }
}

/** Startup options end at white space that is not escaped. */
function escapeOption(value: string): string {
  return value.replace(/[\\\s]/g, String.raw`\$&`);
}
