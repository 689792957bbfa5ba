import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

/** A process that upgrades the tenant `demo` at its first work, and is killed at that. Argument: the database's URL. */
const [, , url = ""] = process.argv;
const postgres = await openPostgres(postgresOptions(url, { isShared: true }));
await postgres.work(makeTenant("demo"), (em) => em.execute("select 1"));
process.send?.("upgraded");
