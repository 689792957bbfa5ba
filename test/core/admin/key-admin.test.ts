import { describe, expect, test } from "vitest";
import { isApiKey } from "../../../api/core/access/api-key.ts";
import {
  createKey,
  defaultGraceSeconds,
  listKeys,
  maxLiveKeys,
  maxUnrevokedKeys,
  revokeKey,
  rotateKey,
} from "../../../api/core/admin/key-admin.ts";
import { keyAdmin, openScene, platform } from "./scene.ts";

const admin = keyAdmin("acme");
const page = { limit: 100 };
const day = 86_400_000;
const refused = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

type Scene = Awaited<ReturnType<typeof openScene>>;

/** Whether a key is good now, as the gate finds out. */
async function isGood({ deps, clock }: Scene, secret: string): Promise<boolean> {
  const key = await deps.keys.findKeyByHash(deps.secrets.hash(secret));
  if (!key) throw new Error("No such key was stored");
  return key.revokedAt === null && (key.expiresAt?.getTime() ?? Infinity) > clock.now();
}

describe("a new key", () => {
  test("is told once, and stored as its hash and its prefix", async () => {
    const scene = await openScene();
    const { deps, now, entries } = scene;
    const origins = ["https://www.acme.example"];
    const draft = { role: "publishable", name: "Website", origins };
    const { key, secret } = await createKey(deps, admin, "acme", draft);
    expect(isApiKey(secret)).toBe(true);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_/),
      tenantId: "acme",
      ...draft,
      prefix: secret.slice(0, 11),
      createdAt: now(),
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    });
    expect(secret.startsWith("pk_")).toBe(true);
    expect(await isGood(scene, secret)).toBe(true);
    expect((await listKeys(deps, admin, "acme", page)).items).toEqual([key]);
    const [entry] = await entries();
    expect(entry).toMatchObject({
      action: "key.create",
      tenantId: "acme",
      target: key.id,
      actor: admin.actor,
      details: { ...draft, prefix: key.prefix, expires_at: null },
    });
    const told = JSON.stringify([await entries(), key]);
    expect(told).not.toContain(secret);
    expect(told).not.toContain(deps.secrets.hash(secret));
  });

  test.each([["server"], ["admin"]])("of a %s is a secret one", async (role) => {
    const { deps } = await openScene();
    const { secret } = await createKey(deps, platform, "acme", { role, name: "A" });
    expect(secret.startsWith("sk_")).toBe(true);
  });

  test("may expire", async () => {
    const scene = await openScene();
    const expiresAt = new Date(scene.clock.now() + 1000);
    const draft = { role: "server", name: "Short", expiresAt };
    const { secret } = await createKey(scene.deps, admin, "acme", draft);
    scene.clock.advance(999);
    expect(await isGood(scene, secret)).toBe(true);
    scene.clock.advance(1);
    expect(await isGood(scene, secret)).toBe(false);
  });

  const good = { role: "publishable", name: "A" };
  test.each([
    [{ ...good, role: "root" }, 'role: "publishable" or "server" or "admin"'],
    [{ ...good, role: undefined }, "role: "],
    [{ ...good, name: " " }, "name: a text of 1 to 100"],
    [{ ...good, name: "x".repeat(101) }, "name: a text"],
    [{ ...good, origins: ["https://a.example/"] }, "origins: in place 1, an origin"],
    [{ ...good, origins: "https://a.example" }, "origins: a list"],
    [{ ...good, role: "server", origins: ["https://a.example"] }, "origins: only a publishable"],
    [{ ...good, expiresAt: new Date(0) }, "expires_at: a moment in the future"],
    [{ ...good, expiresAt: new Date(Number.NaN) }, "expires_at: a moment in the future"],
  ])("isn't made of %j", async (draft, message) => {
    const { deps, entries } = await openScene();
    await expect(createKey(deps, admin, "acme", draft)).rejects.toEqual(
      refused("INVALID_REQUEST", message),
    );
    expect(await entries()).toEqual([]);
  });

  test("isn't made beyond a hundred live ones", async () => {
    const { deps } = await openScene();
    const draft = { role: "server", name: "One of many" };
    const made = [];
    for (let count = 0; count < maxLiveKeys; count += 1)
      made.push(await createKey(deps, admin, "acme", draft));
    await expect(createKey(deps, admin, "acme", draft)).rejects.toEqual(
      refused("INVALID_REQUEST", "100 live keys"),
    );
    await createKey(deps, platform, "other", draft);
    await revokeKey(deps, admin, "acme", made[0]?.key.id ?? "");
    await createKey(deps, admin, "acme", draft);
  });
});

test("expired keys that nobody revokes are bounded too", async () => {
  const { deps, clock } = await openScene();
  const make = () => {
    const expiresAt = new Date(clock.now() + 1000);
    return createKey(deps, admin, "acme", { role: "server", name: "Short", expiresAt });
  };
  const made = [];
  for (let count = 0; count < maxUnrevokedKeys; count += 1) {
    if (count % maxLiveKeys === 0) clock.advance(1000);
    made.push(await make());
  }
  clock.advance(1000);
  await expect(make()).rejects.toEqual(refused("INVALID_REQUEST", "300 keys"));
  await revokeKey(deps, admin, "acme", made[0]?.key.id ?? "");
  const { key } = await make();
  await expect(rotateKey(deps, admin, "acme", key.id)).rejects.toEqual(
    refused("INVALID_REQUEST", "300 keys"),
  );
});

describe("rotation", () => {
  test("makes a key like the old one, which stays good for a day", async () => {
    const scene = await openScene();
    const { deps, clock, entries } = scene;
    const draft = { role: "publishable", name: "Website", origins: ["https://a.example"] };
    const old = await createKey(deps, admin, "acme", draft);
    clock.advance(1000);
    const fresh = await rotateKey(deps, admin, "acme", old.key.id);
    expect(fresh.key).toMatchObject({ ...draft, expiresAt: null });
    expect(fresh.key.id).not.toBe(old.key.id);
    expect(fresh.secret).not.toBe(old.secret);
    clock.advance(defaultGraceSeconds * 1000 - 1);
    expect([await isGood(scene, old.secret), await isGood(scene, fresh.secret)]).toEqual([
      true,
      true,
    ]);
    clock.advance(1);
    expect([await isGood(scene, old.secret), await isGood(scene, fresh.secret)]).toEqual([
      false,
      true,
    ]);
    expect((await entries()).slice(1)).toMatchObject([
      { action: "key.create", target: fresh.key.id, details: { rotated_from: old.key.id } },
      {
        action: "key.expire",
        target: old.key.id,
        details: { changes: { expires_at: { old: null, new: expect.any(String) } } },
      },
    ]);
  });

  test("without grace ends the old key at once", async () => {
    const scene = await openScene();
    const old = await createKey(scene.deps, admin, "acme", { role: "server", name: "A" });
    const fresh = await rotateKey(scene.deps, admin, "acme", old.key.id, 0);
    expect([await isGood(scene, old.secret), await isGood(scene, fresh.secret)]).toEqual([
      false,
      true,
    ]);
  });

  test("gives the same lifetime again, and makes no key live longer than it would have", async () => {
    const scene = await openScene();
    const { deps, clock } = scene;
    const expiresAt = new Date(clock.now() + 10 * day);
    const old = await createKey(deps, admin, "acme", { role: "server", name: "A", expiresAt });
    clock.advance(9.5 * day);
    const fresh = await rotateKey(deps, admin, "acme", old.key.id);
    expect(fresh.key.expiresAt).toEqual(new Date(clock.now() + 10 * day));
    expect((await deps.keys.findKey(old.key.id))?.expiresAt).toEqual(expiresAt);
    clock.advance(0.5 * day);
    expect(await isGood(scene, old.secret)).toBe(false);
  });

  test.each([[-1], [0.5], [30 * 86_400 + 1], ["60"], [null]])(
    "takes no grace of %j seconds",
    async (grace) => {
      const { deps } = await openScene();
      const { key } = await createKey(deps, admin, "acme", { role: "server", name: "A" });
      await expect(rotateKey(deps, admin, "acme", key.id, grace)).rejects.toEqual(
        refused("INVALID_REQUEST", "grace_seconds: a whole number from 0 to 2592000"),
      );
    },
  );

  test.each([
    ["never ends", null],
    ["ends within the grace time", 3_600_000],
  ])("of a key that %s and is revoked meanwhile leaves no key behind", async (_name, ms) => {
    const { deps, clock } = await openScene();
    const expiresAt = ms === null ? null : new Date(clock.now() + ms);
    const draft = { role: "server", name: "A", expiresAt };
    const { key } = await createKey(deps, admin, "acme", draft);
    const keys = {
      ...deps.keys,
      async addKey(...added: Parameters<typeof deps.keys.addKey>) {
        await revokeKey(deps, admin, "acme", key.id);
        return deps.keys.addKey(...added);
      },
    };
    await expect(rotateKey({ ...deps, keys }, admin, "acme", key.id)).rejects.toEqual(
      refused("KEY_NOT_FOUND"),
    );
    expect((await listKeys(deps, admin, "acme", page)).items).toEqual([]);
  });

  test("is for live keys", async () => {
    const { deps, clock } = await openScene();
    const expiresAt = new Date(clock.now() + 1000);
    const { key } = await createKey(deps, admin, "acme", { role: "server", name: "A", expiresAt });
    clock.advance(1000);
    await expect(rotateKey(deps, admin, "acme", key.id)).rejects.toEqual(refused("KEY_NOT_FOUND"));
  });
});

test("revocation ends a key, once, and leaves an entry of what it was", async () => {
  const scene = await openScene();
  const { deps, entries } = scene;
  const { key, secret } = await createKey(deps, admin, "acme", { role: "admin", name: "Mine" });
  await revokeKey(deps, admin, "acme", key.id);
  expect(await isGood(scene, secret)).toBe(false);
  expect((await listKeys(deps, admin, "acme", page)).items).toEqual([]);
  await expect(revokeKey(deps, admin, "acme", key.id)).rejects.toEqual(refused("KEY_NOT_FOUND"));
  expect((await entries()).slice(1)).toMatchObject([
    { action: "key.revoke", target: key.id, details: { role: "admin", name: "Mine" } },
  ]);
});

test("keys are listed page by page, newest first, whatever is revoked in between", async () => {
  const { deps, clock } = await openScene();
  const ids = [];
  for (let count = 0; count < 5; count += 1) {
    // Two of one moment are kept apart by their ids.
    if (count % 2 === 0) clock.advance(1);
    const { key } = await createKey(deps, admin, "acme", { role: "server", name: `${count}` });
    ids.push(key.id);
  }
  const seen = [];
  let after: string | undefined;
  do {
    const { items, next } = await listKeys(deps, admin, "acme", { limit: 2, after });
    seen.push(...items.map(({ id }) => id));
    if (!after) await revokeKey(deps, admin, "acme", items[1]?.id ?? "");
    after = next ?? undefined;
  } while (after !== undefined);
  expect(seen.toSorted()).toEqual(ids.toSorted());
  expect(seen[0]).toBe(ids[4]);
  await expect(listKeys(deps, admin, "acme", { limit: 2, after: "x" })).rejects.toEqual(
    refused("INVALID_CURSOR"),
  );
});

test("another tenant's key is found as little as one that doesn't exist", async () => {
  const scene = await openScene();
  const { deps } = scene;
  const { key, secret } = await createKey(deps, platform, "other", { role: "server", name: "A" });
  for (const id of [key.id, "key_nothing", "no id at all"]) {
    for (const who of [admin, platform]) {
      await expect(rotateKey(deps, who, "acme", id)).rejects.toEqual(refused("KEY_NOT_FOUND"));
      await expect(revokeKey(deps, who, "acme", id)).rejects.toEqual(refused("KEY_NOT_FOUND"));
    }
  }
  for (const attempt of [
    listKeys(deps, admin, "other", page),
    createKey(deps, admin, "other", { role: "admin", name: "A" }),
    rotateKey(deps, admin, "other", key.id),
    revokeKey(deps, admin, "other", key.id),
  ])
    await expect(attempt).rejects.toEqual(refused("TENANT_NOT_FOUND"));
  expect(await isGood(scene, secret)).toBe(true);
  expect((await listKeys(deps, platform, "other", page)).items).toEqual([key]);
  expect((await scene.entries()).map(({ action }) => action)).toEqual(["key.create"]);
});
