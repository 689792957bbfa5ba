import { describe, expect, test } from "vitest";
import {
  createTenant,
  listTenants,
  openTenantRecord,
  originsOf,
  setOrigins,
  updateTenant,
} from "../../../api/core/admin/tenant-admin.ts";
import { keyAdmin, openScene, platform } from "./scene.ts";

const page = { limit: 100 };
const refused = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe("the platform's admin", () => {
  test("makes a tenant, which is served at once, and leaves an entry of it", async () => {
    const { deps, now, tenants, entries } = await openScene();
    const settings = { plan: "pro", allowed_origins: ["https://new.example"] };
    const draft = { id: "new-one", name: "New", domain: "new.example", settings };
    const made = await createTenant(deps, platform, draft);
    const times = { createdAt: now(), updatedAt: now() };
    expect(made).toEqual({ ...draft, status: "active", ...times });
    expect((await tenants.findTenant("new-one"))?.settings.limits.messagesPerDay).toBe(5000);
    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/^audit_/),
        at: now(),
        actor: { kind: "platform", id: null, address: "203.0.113.7" },
        tenantId: "new-one",
        action: "tenant.create",
        target: "new-one",
        details: { id: "new-one", name: "New", domain: "new.example", status: "active", settings },
      },
    ]);
  });

  test("names it by its id where no name is given", async () => {
    const { deps } = await openScene();
    expect(await createTenant(deps, platform, { id: "bare" })).toMatchObject({
      name: "bare",
      domain: null,
      status: "active",
      settings: {},
    });
  });

  test.each([
    ["Acme", "id: 1 to 48 lower-case letters"],
    ["a--b", "id: "],
    ["a_b", "id: "],
    ["", "id: "],
    ["x".repeat(49), "id: "],
    ["public;drop", "id: "],
  ])("makes none of the id %j", async (id, message) => {
    const { deps, entries } = await openScene();
    await expect(createTenant(deps, platform, { id })).rejects.toEqual(
      refused("INVALID_REQUEST", message),
    );
    expect(await entries()).toEqual([]);
  });

  test("makes no second one of an id", async () => {
    const { deps, entries } = await openScene();
    await expect(createTenant(deps, platform, { id: "acme" })).rejects.toEqual(
      refused("TENANT_EXISTS"),
    );
    expect(await entries()).toEqual([]);
  });

  test("suspends and changes one, and the entry tells old and new", async () => {
    const { deps, clock, tenants, entries } = await openScene();
    await updateTenant(deps, platform, "acme", { settings: { limits: { messages_per_day: 5 } } });
    clock.advance(1000);
    const changed = await updateTenant(deps, platform, "acme", {
      name: "Acme Inc.",
      domain: "acme.example",
      status: "suspended",
      settings: { limits: { messages_per_day: null, person_share: 20 }, temperature: 0.5 },
    });
    expect(changed.settings).toEqual({ limits: { person_share: 20 }, temperature: 0.5 });
    expect(await tenants.findTenant("acme")).toBeUndefined();
    expect((await entries())[1]).toMatchObject({
      action: "tenant.update",
      target: "acme",
      details: {
        changes: {
          name: { old: "acme", new: "Acme Inc." },
          domain: { old: null, new: "acme.example" },
          status: { old: "active", new: "suspended" },
          "settings.limits.messages_per_day": { old: 5, new: null },
          "settings.limits.person_share": { old: null, new: 20 },
          "settings.temperature": { old: null, new: 0.5 },
        },
      },
    });
    const back = await updateTenant(deps, platform, "acme", { status: "active", domain: null });
    expect([back.status, back.domain]).toEqual(["active", null]);
    expect(await tenants.findTenant("acme")).toBeDefined();
  });

  test("leaves no entry of what changes nothing", async () => {
    const { deps, entries } = await openScene();
    await updateTenant(deps, platform, "acme", { name: "acme", settings: { prompt: null } });
    await updateTenant(deps, platform, "acme", {});
    expect(await entries()).toEqual([]);
  });

  test.each([
    [{ name: "" }, "name: a text of 1 to 200"],
    [{ name: null }, "name: a text"],
    [{ name: "x\0y" }, "name: Holds NUL"],
    [{ domain: "https://acme.example" }, "domain: a name of the net"],
    [{ domain: "" }, "domain: a name of the net"],
    [{ status: "deleted" }, 'status: "active" or "suspended"'],
    [{ status: null }, 'status: "active" or "suspended"'],
    [{ settings: null }, "settings: an object is expected"],
    [
      { settings: { limits: { messages_per_day: "x" } } },
      "settings.limits.messages_per_day: a whole",
    ],
  ])("is told which field of %j is wrong, and nothing is changed", async (patch, message) => {
    const { deps, entries } = await openScene();
    const whole = { name: "Other", ...patch };
    await expect(updateTenant(deps, platform, "acme", whole)).rejects.toEqual(
      refused("INVALID_REQUEST", message),
    );
    expect(await openTenantRecord(deps, platform, "acme")).toMatchObject({ name: "acme" });
    expect(await entries()).toEqual([]);
  });

  test("keeps settings that nobody knows, and remembers no key's secret part", async () => {
    const { deps, entries } = await openScene();
    const settings = { own: { a: 1 }, auth: { keys: [{ kty: "oct", k: "a-secret" }] } };
    const tenant = { id: "wild", name: "Wild", domain: null, status: "active", settings };
    const at = new Date(0);
    const audit = { at, actor: platform.actor, tenantId: "wild", target: null, details: {} };
    await deps.tenants.createTenant(tenant, { ...audit, action: "tenant.create" });
    const changed = await updateTenant(deps, platform, "wild", {
      settings: { prompt: "Be kind.", auth: { required: "key", keys: null } },
    });
    expect(changed.settings).toEqual({
      own: { a: 1 },
      prompt: "Be kind.",
      auth: { required: "key" },
    });
    const [, update] = await entries();
    expect(update?.details).toEqual({
      changes: {
        "settings.prompt": { old: null, new: "Be kind." },
        "settings.auth.required": { old: null, new: "key" },
        "settings.auth.keys": { old: [{ kty: "oct" }], new: null },
      },
    });
    expect(JSON.stringify(await entries())).not.toContain("a-secret");
  });

  test("lists all tenants, page by page", async () => {
    const { deps } = await openScene();
    const first = await listTenants(deps, platform, { limit: 1 });
    expect(first.items.map(({ id }) => id)).toEqual(["acme"]);
    const rest = await listTenants(deps, platform, { limit: 1, after: first.next ?? "" });
    expect([rest.items.map(({ id }) => id), rest.next]).toEqual([["other"], null]);
  });
});

describe("a tenant's admin", () => {
  const admin = keyAdmin("acme");

  test("reads and changes their own tenant, as far as it is theirs", async () => {
    const { deps, entries } = await openScene();
    const settings = { prompt: "Be brief.", branding: { color: "red" }, chat_access: "visitor" };
    await updateTenant(deps, admin, "acme", { name: "Acme", settings });
    expect(await openTenantRecord(deps, admin, "acme")).toMatchObject({ name: "Acme", settings });
    expect(await entries()).toMatchObject([{ actor: { kind: "key", id: "key_1" } }]);
  });

  test.each([
    [{ status: "active" }, "status"],
    [{ domain: null }, "domain"],
    [{ settings: { limits: { messages_per_day: 1 } } }, "settings.limits"],
    [{ settings: { plan: null } }, "settings.plan"],
    [{ name: "Mine", settings: { budget: { usd_per_day: 1000 } } }, "settings.budget"],
  ])("doesn't set %j", async (patch, field) => {
    const { deps, entries } = await openScene();
    await expect(updateTenant(deps, admin, "acme", patch)).rejects.toEqual(
      refused("FORBIDDEN", field),
    );
    expect(await entries()).toEqual([]);
  });

  test("finds another's tenant as little as one that doesn't exist", async () => {
    const { deps, entries } = await openScene();
    for (const id of ["other", "nobody", "No Body"]) {
      const all = [
        openTenantRecord(deps, admin, id),
        updateTenant(deps, admin, id, { name: "Mine" }),
        updateTenant(deps, admin, id, { status: "suspended" }),
        setOrigins(deps, admin, id, []),
      ];
      for (const attempt of all)
        await expect(attempt).rejects.toEqual(refused("TENANT_NOT_FOUND", "Tenant not found"));
    }
    expect(await entries()).toEqual([]);
  });

  test("neither makes nor lists tenants", async () => {
    const { deps } = await openScene();
    for (const attempt of [
      createTenant(deps, admin, { id: "mine" }),
      listTenants(deps, admin, page),
    ])
      await expect(attempt).rejects.toEqual(refused("FORBIDDEN"));
  });
});

test("an unknown tenant is found by nobody", async () => {
  const { deps } = await openScene();
  for (const id of ["nobody", "No Body", ""]) {
    await expect(openTenantRecord(deps, platform, id)).rejects.toEqual(refused("TENANT_NOT_FOUND"));
    await expect(updateTenant(deps, platform, id, { name: "x" })).rejects.toEqual(
      refused("TENANT_NOT_FOUND"),
    );
  }
});

test("origins are set as a whole, to the letter", async () => {
  const { deps, tenants, entries } = await openScene();
  const origins = ["https://www.acme.example", "http://localhost:5173"];
  expect(await setOrigins(deps, keyAdmin("acme"), "acme", origins)).toEqual(origins);
  expect(originsOf(await openTenantRecord(deps, platform, "acme"))).toEqual(origins);
  expect((await tenants.findTenant("acme"))?.settings.allowedOrigins).toEqual(origins);
  await expect(setOrigins(deps, platform, "acme", ["https://acme.example/"])).rejects.toEqual(
    refused("INVALID_REQUEST", "settings.allowed_origins: in place 1, an origin such as"),
  );
  expect(await setOrigins(deps, platform, "acme", [])).toEqual([]);
  expect((await entries()).map(({ details }) => details)).toEqual([
    { changes: { "settings.allowed_origins": { old: null, new: origins } } },
    { changes: { "settings.allowed_origins": { old: origins, new: [] } } },
  ]);
});
