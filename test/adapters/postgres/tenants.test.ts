import { tenantsContract } from "../../contracts/tenants.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

tenantsContract("PostgreSQL", async () => {
  const { postgres, run, close } = await openTestPostgres();
  return {
    tenants: postgres.tenants,
    set: (id, settings) =>
      run(
        `insert into tenants (id, name, settings) values ($1, $1, $2)
         on conflict (id) do update set settings = excluded.settings, status = 'active'`,
        [id, JSON.stringify(settings)],
      ),
    suspend: (id) => run("update tenants set status = 'suspended' where id = $1", [id]),
    close,
  };
});
