import { describe, expect, test } from "vitest";
import { keySchema, madeKeySchema } from "../../api/rest/admin-keys.ts";
import { pageOf } from "../../api/rest/wire.ts";
import { admin, openAdministration } from "./administration.ts";
import { prefix, readBody, readError } from "./platform.ts";

const keys = `${admin}/keys`;
const keyPage = pageOf(keySchema, "ApiKeyPage");

describe("keys", () => {
  test("are made, told once, listed and revoked", async () => {
    const { asAcme, as, keyOf, acmeKey } = await openAdministration();
    const json = { role: "server", name: "Backend", expires_at: "2031-01-01T00:00:00+01:00" };
    const made = await asAcme(keys, { json });
    expect([made.status, made.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const { key, ...shown } = await readBody(made, madeKeySchema);
    expect(shown).toMatchObject({
      role: "server",
      name: "Backend",
      origins: [],
      prefix: key.slice(0, 11),
      expires_at: "2030-12-31T23:00:00.000Z",
      last_used_at: null,
    });
    const list = await asAcme(keys);
    const text = await list.clone().text();
    const { items } = await readBody(list, keyPage);
    expect(items.map(({ id }) => id).toSorted()).toEqual([shown.id, acmeKey.id].toSorted());
    expect(items).toContainEqual(shown);
    expect(text).not.toContain(key);

    const server = as(keyOf(key));
    expect((await server(`${prefix}/chat`)).status).toBe(200);
    expect((await asAcme(`${keys}/${shown.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await readError(await server(`${prefix}/chat`))).toMatchObject({
      code: "INVALID_TOKEN",
    });
    const again = await readError(await asAcme(`${keys}/${shown.id}`, { method: "DELETE" }));
    expect(again).toMatchObject({ status: 404, code: "KEY_NOT_FOUND" });
  });

  test("are listed page by page, with their last use", async () => {
    const { asAcme, clock, acmeKey } = await openAdministration();
    clock.advance(1000);
    await asAcme(keys, { json: { role: "server", name: "Second" } });
    const first = await readBody(await asAcme(`${keys}?limit=1`), keyPage);
    expect(first.items).toMatchObject([{ name: "Second", last_used_at: null }]);
    const rest = await readBody(await asAcme(`${keys}?limit=1&after=${first.next}`), keyPage);
    expect(rest).toMatchObject({
      items: [{ id: acmeKey.id, last_used_at: new Date(clock.now()).toISOString() }],
      next: null,
    });
    const odd = await readError(await asAcme(`${keys}?after=odd`));
    expect(odd).toMatchObject({ status: 400, code: "INVALID_CURSOR" });
  });

  test("are rotated: both are good for the grace time, then the new one alone", async () => {
    const { asAcme, as, keyOf, makeKey, clock } = await openAdministration();
    const old = await makeKey("server", "acme");
    const json = { grace_seconds: 60 };
    const made = await asAcme(`${keys}/${old.id}/rotate`, { json });
    expect(made.status).toBe(201);
    const fresh = await readBody(made, madeKeySchema);
    expect(fresh).toMatchObject({ role: "server", name: old.name, expires_at: null });
    const statuses = async () =>
      Promise.all(
        [old.key, fresh.key].map(async (key) => (await as(keyOf(key))(`${prefix}/chat`)).status),
      );
    expect(await statuses()).toEqual([200, 200]);
    clock.advance(60_000);
    expect(await statuses()).toEqual([401, 200]);
    const again = await readError(await asAcme(`${keys}/${old.id}/rotate`, { method: "POST" }));
    expect(again).toMatchObject({ status: 404, code: "KEY_NOT_FOUND" });
    const bare = await asAcme(`${keys}/${fresh.id}/rotate`, { method: "POST" });
    expect(bare.status).toBe(201);
  });

  test.each([
    [{ role: "root", name: "A" }, "role: "],
    [{ role: "server" }, "name: "],
    [{ role: "server", name: "A", key: "sk_mine" }, 'Unrecognized key: "key"'],
    [{ role: "server", name: "A", origins: ["https://a.b"] }, "origins: only a publishable key"],
    [{ role: "publishable", name: "A", origins: ["https://a.b/x"] }, "origins: in place 1"],
    [{ role: "server", name: "A", expires_at: "tomorrow" }, "expires_at: "],
    [{ role: "server", name: "A", expires_at: "2020-01-01T00:00:00Z" }, "expires_at: a moment"],
  ])("aren't made of %j", async (json, message) => {
    const { asAcme } = await openAdministration();
    const error = await readError(await asAcme(keys, { json }));
    expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(error.message).toContain(message);
  });

  test("of another tenant are found as little as those that don't exist", async () => {
    const { asAcme, makeKey } = await openAdministration();
    const { id } = await makeKey("server", "other");
    for (const one of [id, "key_nothing", "%00"]) {
      const gone = await readError(await asAcme(`${keys}/${one}`, { method: "DELETE" }));
      const kept = await readError(await asAcme(`${keys}/${one}/rotate`, { method: "POST" }));
      expect([gone.code, kept.code]).toEqual(["KEY_NOT_FOUND", "KEY_NOT_FOUND"]);
    }
  });

  test("stand in no log, no error and no audit entry", async () => {
    const { asAcme, asPlatform, makeKey, logger } = await openAdministration();
    const { key, id } = await makeKey("server", "acme");
    const fresh = await readBody(await asAcme(`${keys}/${id}/rotate`, { json: {} }), madeKeySchema);
    await asAcme(keys, { json: { role: "server", name: key, expires_at: "odd" } });
    const audit = await (await asPlatform()(`${admin}/audit`)).text();
    for (const text of [key, fresh.key]) {
      expect(JSON.stringify(logger)).not.toContain(text);
      expect(audit).not.toContain(text);
    }
  });
});
