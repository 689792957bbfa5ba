import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTenantShare } from "../../../api/adapters/postgres/tenant-share.ts";
import { makeDocument, makePassage } from "../../contracts/documents-fixtures.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

describe("a tenant's share", () => {
  test("is taken in the order of asking, by so many at once and no more", async () => {
    const share = createTenantShare(2, 1000);
    const begun: number[] = [];
    const gates = [1, 2, 3, 4].map((n) => ({ n, ...Promise.withResolvers<void>() }));
    const works = gates.map(({ n, promise }) =>
      share("loud", async () => {
        begun.push(n);
        await promise;
      }),
    );
    expect(begun).toEqual([1, 2]);
    expect(await share("calm", async () => "at once")).toBe("at once");
    gates[1]?.resolve();
    await works[1];
    await vi.waitFor(() => expect(begun).toEqual([1, 2, 3]));
    for (const { resolve } of gates) resolve();
    await Promise.all(works);
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  test("goes on when a work fails, and refuses one whose turn doesn't come in time", async () => {
    const share = createTenantShare(1, 20);
    const gate = Promise.withResolvers<void>();
    const first = share("loud", async () => {
      await gate.promise;
      throw new Error("It failed");
    });
    await expect(share("loud", async () => "never")).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
    });
    gate.resolve();
    await expect(first).rejects.toThrow("It failed");
    expect(await share("loud", async () => "again")).toBe("again");
  });
});

describe("deletions that wait for the index of their tenant", () => {
  let opened: Awaited<ReturnType<typeof openPostgresWithJobs>>;
  beforeAll(async () => {
    opened = await openPostgresWithJobs({ poolSize: 4 });
  });
  afterAll(() => opened.close());

  test("leave the others' connections alone, and are done in the end", async () => {
    const { postgres, database, addTenant } = opened;
    const { documents } = postgres;
    const [loud, calm] = [await addTenant("loud"), await addTenant("calm")];
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const document = makeDocument({ source: `${n}.md`, text: `Heron ${n}.` });
      const put = await documents.putDocument(loud, document, `hash ${n}`, [
        makePassage(`Heron ${n}.`),
      ]);
      ids.push(put.document.id);
    }
    const holder = new Client({ connectionString: database.adminUrl });
    await holder.connect();
    try {
      await holder.query("begin");
      await holder.query("select from tenant_loud.search_stats for update");
      const deleted = ids.map((id) => documents.deleteDocument(loud, id));
      const waiting =
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      await vi.waitFor(async () => expect((await holder.query(waiting)).rowCount).toBe(1), 10_000);
      expect(await documents.listDocuments(calm)).toEqual([]);
      expect(await documents.listDocuments(loud)).toHaveLength(12);
      await holder.query("commit");
      expect(await Promise.all(deleted)).toEqual(ids.map(() => true));
    } finally {
      await holder.end();
    }
    expect(await documents.listDocuments(loud)).toEqual([]);
  });
});
