import { describe, expect, test } from "vitest";
import { listUsers, openUser, updateUser } from "../../../api/core/admin/user-admin.ts";
import { keyAdmin, openScene, platform, userAdmin } from "./scene.ts";

const refused = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

async function openUsers() {
  const scene = await openScene();
  const { users } = scene.deps;
  const ann = await users.ensureUser("acme", "ann", { name: "Ann" });
  scene.clock.advance(1);
  const bob = await users.ensureUser("acme", "bob", {});
  const eve = await users.ensureUser("other", "ann", {});
  return { ...scene, ann, bob, eve };
}

test("an admin blocks, unblocks and gives roles, and the entry tells old and new", async () => {
  const { deps, ann, bob, entries } = await openUsers();
  const admin = userAdmin("acme", ann.id);
  const changed = await updateUser(deps, admin, "acme", bob.id, {
    role: "admin",
    status: "blocked",
  });
  expect(changed).toEqual({ ...bob, role: "admin", status: "blocked" });
  await updateUser(deps, keyAdmin("acme"), "acme", bob.id, { status: "active" });
  expect(await openUser(deps, platform, "acme", bob.id)).toEqual({ ...bob, role: "admin" });
  expect(await entries()).toMatchObject([
    {
      action: "user.update",
      actor: { kind: "user", id: ann.id },
      target: bob.id,
      details: {
        changes: {
          role: { old: "member", new: "admin" },
          status: { old: "active", new: "blocked" },
        },
      },
    },
    { actor: { kind: "key" }, details: { changes: { status: { old: "blocked", new: "active" } } } },
  ]);
});

test("what changes nothing leaves no entry", async () => {
  const { deps, bob, entries } = await openUsers();
  await updateUser(deps, platform, "acme", bob.id, { role: "member", status: "active" });
  await updateUser(deps, platform, "acme", bob.id, {});
  expect(await entries()).toEqual([]);
});

describe("a user who is an admin", () => {
  test("neither blocks nor demotes themselves, which others may", async () => {
    const { deps, ann } = await openUsers();
    await updateUser(deps, platform, "acme", ann.id, { role: "admin" });
    const self = userAdmin("acme", ann.id);
    for (const [patch, field] of [
      [{ status: "blocked" }, "status: "],
      [{ role: "member" }, "role: "],
      [{ role: "admin", status: "blocked" }, "status: "],
    ] as const)
      await expect(updateUser(deps, self, "acme", ann.id, patch)).rejects.toEqual(
        refused("INVALID_REQUEST", field),
      );
    await updateUser(deps, self, "acme", ann.id, { role: "admin", status: "active" });
    expect(await openUser(deps, self, "acme", ann.id)).toMatchObject({ role: "admin" });
    await updateUser(deps, keyAdmin("acme"), "acme", ann.id, { status: "blocked" });
    expect(await openUser(deps, self, "acme", ann.id)).toMatchObject({ status: "blocked" });
  });
});

test.each([
  [{ role: "root" }, 'role: "member" or "admin"'],
  [{ role: null }, "role: "],
  [{ status: "deleted" }, 'status: "active" or "blocked"'],
])("%j is told to be wrong", async (patch, message) => {
  const { deps, bob } = await openUsers();
  await expect(updateUser(deps, platform, "acme", bob.id, patch)).rejects.toEqual(
    refused("INVALID_REQUEST", message),
  );
});

test("users are listed newest first, those of the tenant alone", async () => {
  const { deps, ann, bob } = await openUsers();
  const { items } = await listUsers(deps, keyAdmin("acme"), "acme", { limit: 10 });
  expect(items).toEqual([bob, ann]);
});

test("another tenant's user is found as little as one who doesn't exist", async () => {
  const { deps, eve, entries } = await openUsers();
  const admin = keyAdmin("acme");
  for (const id of [eve.id, "user_nobody", "no id at all"]) {
    await expect(openUser(deps, admin, "acme", id)).rejects.toEqual(refused("USER_NOT_FOUND"));
    await expect(updateUser(deps, admin, "acme", id, { role: "admin" })).rejects.toEqual(
      refused("USER_NOT_FOUND"),
    );
  }
  for (const attempt of [
    openUser(deps, admin, "other", eve.id),
    updateUser(deps, admin, "other", eve.id, { role: "admin" }),
    listUsers(deps, admin, "other", { limit: 10 }),
  ])
    await expect(attempt).rejects.toEqual(refused("TENANT_NOT_FOUND"));
  expect(await entries()).toEqual([]);
});
