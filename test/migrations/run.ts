/** `npm run test:migrations`: a migration of many tenants that is killed again and again is finished by the next run. */
import { runCommand } from "../support/run-command.ts";
import { runMigrations } from "./migration-run.ts";

await runCommand({
  about: `Usage: npm run test:migrations -- [options]

Makes tenants and kills npm run migrate over them at random moments with SIGKILL, on a PostgreSQL of its own. Fails
unless after each kill every tenant is exactly as one of its last migration is, and all are at the head at the end.

Options`,
  options: {
    tenants: {
      standard: 5000,
      least: 1,
      most: 100_000,
      about: "tenants, none of which has a schema",
    },
    kills: { standard: 10, least: 0, most: 1000, about: "how often the migration is killed" },
    parallel: { standard: 4, least: 1, most: 99, about: "tenants that are worked at together" },
    seed: { standard: 1, least: 0, most: 2 ** 32, about: "for the moments of the kills" },
  },
  run: (options, say, stop) => runMigrations(options, undefined, say, stop),
});
