/** `npm run test:isolation`: no tenant is ever given another's rows, whatever goes wrong meanwhile. */
import { runCommand } from "../support/run-command.ts";
import { runIsolation } from "./isolation-run.ts";

await runCommand({
  about: `Usage: npm run test:isolation -- [options]

Interleaves operations of many tenants on a pool of one connection, a tenth of them given up in mid-transaction:
by errors, abort signals and killed connections. Everything read is held against what the tenant must have, and
so is the whole database at the end. The same again through PgBouncer in transaction pooling mode. Fails on one
wrong row, and when a client that sets search_path for its session leaks none through PgBouncer.

Options`,
  options: {
    operations: { standard: 100_000, least: 1, most: 10_000_000, about: "on a pool of one" },
    pooled: { standard: 10_000, least: 1, most: 10_000_000, about: "through PgBouncer" },
    control: { standard: 1000, least: 1, most: 1_000_000, about: "reads of the client that leaks" },
    tenants: { standard: 50, least: 2, most: 150, about: "each with a schema and a role" },
    seed: { standard: 1, least: 0, most: 2 ** 32, about: "for the operations" },
  },
  run: (options, say, stop) => runIsolation(options, undefined, say, stop),
});
