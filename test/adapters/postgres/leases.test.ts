import { afterAll, beforeAll } from "vitest";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import { leasesContract } from "../../contracts/leases.ts";
import {
  openTestPostgres,
  postgresOptions,
  type OpenedPostgres,
} from "../../support/open-postgres.ts";

let opened: OpenedPostgres;
let second: Postgres;
let third: Postgres;

beforeAll(async () => {
  opened = await openTestPostgres({ isShared: true });
  const options = postgresOptions(opened.database.url, { isShared: true });
  second = await openPostgres(options);
  third = await openPostgres(options);
});

afterAll(async () => {
  await third?.close();
  await second?.close();
  await opened?.close();
});

leasesContract("PostgreSQL", async () => ({
  stores: [opened.postgres.leases, second.leases, third.leases],
  // The database's clock can't be moved, but what is held against it can.
  pass: (ms) =>
    opened.run("update processes set expires_at = expires_at - $1 * interval '1 millisecond'", [
      ms,
    ]),
  close: () => opened.run("delete from processes"),
}));
