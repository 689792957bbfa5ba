import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { accessContract } from "../../contracts/access.ts";
import { openTestPostgres, postgresOptions } from "../../support/open-postgres.ts";

accessContract("PostgreSQL", async () => {
  const { postgres, database, addTenant, runAsAdmin, close } = await openTestPostgres({
    isShared: true,
  });
  const there = await openPostgres(postgresOptions(database.url, { isShared: true }));
  for (const id of ["demo", "other"]) await addTenant(id);
  return {
    here: postgres,
    there,
    tenantId: "demo",
    otherTenantId: "other",
    async withoutAudit(run) {
      await runAsAdmin(`
        create trigger broken before insert on public.audit_log
        for each statement execute function public.refuse_change()`);
      await run().finally(() => runAsAdmin("drop trigger broken on public.audit_log"));
    },
    async close() {
      await there.close();
      await close();
    },
  };
});
