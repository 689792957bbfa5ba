import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tenant } from "../../../api/core/tenant.ts";
import { registerOwners } from "../../contracts/store-fixtures.ts";
import { usageContract } from "../../contracts/usage.ts";
import { openTestPostgres, type OpenedPostgres } from "../../support/open-postgres.ts";

usageContract("PostgreSQL", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  const store = { ...postgres.chats, ...postgres.turns };
  await registerOwners(postgres.leases);
  return {
    store,
    usage: postgres.usage,
    close,
    tenant: await addTenant("demo"),
    otherTenant: await addTenant("other"),
  };
});

let opened: OpenedPostgres;
let tenant: Tenant;

beforeAll(async () => {
  opened = await openTestPostgres();
  tenant = await opened.addTenant("demo");
});

afterAll(() => opened?.close());

test("a day begins and ends at midnight UTC, and the last day of the range is in it", async () => {
  const { usage, work } = opened.postgres;
  const times = [
    "2026-02-28T23:59:59.999Z",
    "2026-03-01T00:00:00Z",
    "2026-03-02T23:59:59.999Z",
    "2026-03-03T00:00:00Z",
  ];
  for (const time of times) {
    await work(tenant, (em) =>
      em.execute(
        `insert into tenant_demo.analytics (chat_id, message_id, attempt, outcome, prompt_tokens,
           completion_tokens, total_tokens, cost_estimate, usage_estimated, total_ms, created_at)
         values ('c', 'm', 1, 'stop', 3000000000 / 2, 1, 2, 0.00000001, false, 5, ?)`,
        [time],
      ),
    );
  }
  const days = await usage.readUsage(tenant, "2026-03-01", "2026-03-02");
  expect(days).toEqual([
    expect.objectContaining({ day: "2026-03-01", turns: 1, cost: 0.00000001 }),
    expect.objectContaining({ day: "2026-03-02", turns: 1, promptTokens: 1_500_000_000 }),
  ]);
  const leap = await usage.readUsage(tenant, "2024-02-29", "2026-02-28");
  expect(leap.map(({ day }) => day)).toEqual(["2026-02-28"]);
});
