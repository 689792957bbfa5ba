import { expect, test } from "vitest";
import { createManualClock } from "../../support/clock.ts";
import { makeHash } from "../../contracts/access-fixtures.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

test("tickets that have expired are swept away, and those that may be good stay", async () => {
  const clock = createManualClock();
  const { postgres, addTenant, read, close } = await openTestPostgres({ clock });
  try {
    await addTenant("demo");
    const holder = {
      visitorId: null,
      userId: null,
      keyId: null,
      tokenKeyId: null,
      origin: null,
      credentialsExpireAt: null,
    };
    const add = async () => {
      const hash = makeHash();
      await postgres.tickets.addTicket("demo", hash, holder, new Date(clock.now() + 30_000));
      return hash;
    };
    const kept = async () =>
      (await read<{ hash: string }>("select hash from tickets order by expires_at, hash")).map(
        ({ hash }) => hash,
      );
    const old = [await add(), await add()];
    clock.advance(89_000);
    const late = await add();
    expect(new Set(await kept())).toEqual(new Set([...old, late]));
    clock.advance(60_000);
    const fresh = await add();
    expect(await kept()).toEqual([late, fresh]);
    clock.advance(31_000);
    await add();
    expect(await kept()).toContain(late);
  } finally {
    await close();
  }
});
