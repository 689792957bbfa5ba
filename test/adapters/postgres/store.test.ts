import type { TurnStop } from "../../../api/core/turns/turn-store.ts";
import { registerOwners } from "../../contracts/store-fixtures.ts";
import { storeContract } from "../../contracts/store.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

storeContract("PostgreSQL", async () => {
  const stops: TurnStop[] = [];
  const onTurnStop = (stop: TurnStop) => void stops.push(stop);
  const { postgres, addTenant, close } = await openTestPostgres({ onTurnStop });
  const { chats, turns, leases, unanswered } = postgres;
  await registerOwners(leases);
  return {
    store: { ...chats, ...turns },
    leases,
    stops,
    unanswered,
    tenant: await addTenant("demo"),
    otherTenant: await addTenant("other"),
    close,
  };
});
