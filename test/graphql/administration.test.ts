import { describe, expect, test } from "vitest";
import { adminToken } from "../rest/platform.ts";
import { openPlatform, type Headings } from "./client.ts";

const platformAdmin = { "X-Admin-Token": adminToken };

const createTenant = `mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant {
  id name domain status settings limits { messagesPerDay personShare } allowedOrigins } } }`;
const updateTenant = `mutation ($input: UpdateTenantInput!) {
  updateTenant(input: $input) { tenant { id name status settings } } }`;
const setOrigins = `mutation ($input: SetAllowedOriginsInput!) {
  setAllowedOrigins(input: $input) { tenant { allowedOrigins } } }`;
const tenantById = `query ($id: ID!) { tenantById(id: $id) { id name settings } }`;
const tenants = `query ($first: Int, $after: String) { tenants(first: $first, after: $after) {
  edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
const createKey = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key apiKey { id role name prefix origins expiresAt lastUsedAt } } }`;
const rotateKey = `mutation ($input: RotateApiKeyInput!) {
  rotateApiKey(input: $input) { key apiKey { id role name } } }`;
const revokeKey = `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { revokedKeyId } }`;
const apiKeys = `query ($first: Int, $after: String) { apiKeys(first: $first, after: $after) {
  edges { node { id name expiresAt } } pageInfo { hasNextPage endCursor } } }`;
const users = `{ users { edges { node { id externalId role status } } } }`;
const user = `query ($id: ID!) { user(id: $id) { id externalId name email role status } }`;
const updateUser = `mutation ($input: UpdateUserInput!) {
  updateUser(input: $input) { user { id role status } } }`;
const auditLog = `query ($allTenants: Boolean) { auditLog(first: 100, allTenants: $allTenants) {
  edges { node { actor { kind id address } tenantId action target details } } } }`;

interface MadeKey {
  readonly key: string;
  readonly apiKey: { readonly id: string; readonly prefix: string };
}

interface Log {
  readonly auditLog: {
    readonly edges: readonly {
      readonly node: {
        readonly action: string;
        readonly tenantId: string;
        readonly target: string;
        readonly actor: object;
        readonly details: object;
      };
    }[];
  };
}

/** A platform with the tenants `acme` and `other`, asked by the admin of `acme`, by a key. */
async function openAcme() {
  const platform = openPlatform();
  const { ask, access } = platform;
  for (const id of ["acme", "other"]) await ask(createTenant, { input: { id } }, platformAdmin);
  const { text, key } = await access.makeKey("acme", "admin");
  const acme: Headings = { "X-Tenant-ID": "acme", "X-API-Key": text };
  const asAcme = <Data>(query: string, variables?: object) => ask<Data>(query, variables, acme);
  const refused = (query: string, variables?: object) => platform.refusal(query, variables, acme);
  return { ...platform, acme, asAcme, refused, acmeKey: key };
}

describe("tenants", () => {
  test("are made, changed, suspended and listed by the platform's admin", async () => {
    const { ask, refusal, call } = await openAcme();
    const settings = { plan: "pro", allowed_origins: ["https://new.example"] };
    const input = { id: "new-one", name: "New", domain: null, status: null, settings };
    expect(await ask(createTenant, { input }, platformAdmin)).toEqual({
      createTenant: {
        tenant: {
          id: "new-one",
          name: "New",
          domain: null,
          status: "active",
          settings,
          limits: { messagesPerDay: 5000, personShare: 50 },
          allowedOrigins: ["https://new.example"],
        },
      },
    });
    expect(await refusal(createTenant, { input }, platformAdmin)).toEqual(["TENANT_EXISTS"]);
    const suspend = { input: { id: "new-one", status: "SUSPENDED", settings: { plan: null } } };
    const { plan: _plan, ...kept } = settings;
    expect(await ask(updateTenant, suspend, platformAdmin)).toEqual({
      updateTenant: { tenant: { id: "new-one", name: "New", status: "suspended", settings: kept } },
    });
    expect((await call("/api/v1/auth/tenant/new-one")).status).toBe(404);
    const first = await ask<{ tenants: { pageInfo: { endCursor: string } } }>(
      tenants,
      { first: 2 },
      platformAdmin,
    );
    expect(first.tenants).toMatchObject({
      edges: [{ node: { id: "acme" } }, { node: { id: "new-one" } }],
      pageInfo: { hasNextPage: true },
    });
    const after = first.tenants.pageInfo.endCursor;
    expect(await ask(tenants, { after }, platformAdmin)).toMatchObject({
      tenants: { edges: [{ node: { id: "other" } }], pageInfo: { hasNextPage: false } },
    });
  });

  test("that are suspended are administered by the platform's admin all the same", async () => {
    const { ask, refused } = await openAcme();
    await ask(updateTenant, { input: { id: "acme", status: "SUSPENDED" } }, platformAdmin);
    expect(await refused(apiKeys)).toEqual(["TENANT_NOT_FOUND"]);
    const headers = { ...platformAdmin, "X-Tenant-ID": "acme" };
    expect(await ask(apiKeys, {}, headers)).toMatchObject({ apiKeys: { edges: [{}] } });
  });

  test("are read and changed by their own admin, as far as it is theirs", async () => {
    const { asAcme, refused, run, acme } = await openAcme();
    const input = { id: "acme", name: "Acme", settings: { prompt: "Be brief." } };
    await asAcme(updateTenant, { input });
    expect(await asAcme(tenantById, { id: "acme" })).toEqual({
      tenantById: { id: "acme", name: "Acme", settings: { prompt: "Be brief." } },
    });
    const theirs = { id: "acme", settings: { budget: { usd_per_day: 5 } } };
    const { errors } = await run(updateTenant, { input: theirs }, acme);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("settings.budget"),
        extensions: { code: "FORBIDDEN" },
      },
    ]);
    for (const id of ["other", "nobody"]) {
      expect(await refused(tenantById, { id })).toEqual(["TENANT_NOT_FOUND"]);
      expect(await refused(updateTenant, { input: { id, name: "Mine" } })).toEqual([
        "TENANT_NOT_FOUND",
      ]);
    }
    expect(await refused(tenants)).toEqual(["FORBIDDEN"]);
    expect(await refused(createTenant, { input: { id: "mine" } })).toEqual(["FORBIDDEN"]);
  });

  test.each([
    [createTenant, { id: "A" }, "id: 1 to 48"],
    [updateTenant, { id: "acme", name: null }, "name: a text"],
    [
      updateTenant,
      { id: "acme", settings: { limits: { person_share: 0 } } },
      "person_share: a whole",
    ],
    [updateTenant, { id: "acme", settings: [] }, "settings: an object"],
    [updateTenant, { id: "acme", settings: { colour: 1 } }, "settings.colour: there is no such"],
  ])("are told which field is wrong: %s %j", async (mutation, input, message) => {
    const { run } = await openAcme();
    const { errors } = await run(mutation, { input }, platformAdmin);
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: "INVALID_REQUEST" } },
    ]);
  });

  test("take settings that are written into the document itself", async () => {
    const { asAcme } = await openAcme();
    const inline = `mutation { updateTenant(input: { id: "acme", settings: {
      branding: { color: "red", size: null }, auth: { required: "key" } } }) { tenant { settings } } }`;
    expect(await asAcme(inline)).toEqual({
      updateTenant: {
        tenant: { settings: { branding: { color: "red" }, auth: { required: "key" } } },
      },
    });
  });

  test("have origins, which are set as a whole", async () => {
    const { asAcme, refused } = await openAcme();
    const origins = ["https://www.acme.example"];
    expect(await asAcme(setOrigins, { input: { origins } })).toEqual({
      setAllowedOrigins: { tenant: { allowedOrigins: origins } },
    });
    const wrong = { input: { origins: ["www.acme.example"] } };
    expect(await refused(setOrigins, wrong)).toEqual(["INVALID_REQUEST"]);
  });
});

describe("keys", () => {
  test("are made, told once, listed, rotated and revoked", async () => {
    const { asAcme, refused, refusal, clock, acmeKey } = await openAcme();
    clock.advance(1000);
    const input = { role: "SERVER", name: "Backend", expiresAt: "2031-01-01T00:00:00Z" };
    const { createApiKey: made } = await asAcme<{ createApiKey: MadeKey }>(createKey, { input });
    expect(made.apiKey).toMatchObject({
      role: "SERVER",
      name: "Backend",
      prefix: made.key.slice(0, 11),
      origins: [],
      expiresAt: "2031-01-01T00:00:00.000Z",
      lastUsedAt: null,
    });
    const server = { "X-Tenant-ID": "acme", "X-API-Key": made.key };
    expect(await refusal("{ chats { edges { cursor } } }", {}, server)).toEqual([]);
    const rotated = await asAcme<{ rotateApiKey: MadeKey }>(rotateKey, {
      input: { id: made.apiKey.id, graceSeconds: 0 },
    });
    expect(await refusal("{ me { kind } }", {}, server)).toEqual(["INVALID_TOKEN"]);
    const { id } = rotated.rotateApiKey.apiKey;
    const list = await asAcme(apiKeys, { first: 2 });
    expect(JSON.stringify(list)).not.toContain(rotated.rotateApiKey.key);
    expect(list).toMatchObject({ apiKeys: { pageInfo: { hasNextPage: true } } });
    expect(await asAcme(revokeKey, { input: { id } })).toEqual({
      revokeApiKey: { revokedKeyId: id },
    });
    expect(await refused(revokeKey, { input: { id } })).toEqual(["KEY_NOT_FOUND"]);
    const left = { edges: [{ node: { id: made.apiKey.id } }, { node: { id: acmeKey.id } }] };
    expect(await asAcme(apiKeys)).toMatchObject({ apiKeys: left });
  });

  test("of another tenant are found as little as those that don't exist", async () => {
    const { refused, access } = await openAcme();
    const { key } = await access.makeKey("other", "server");
    for (const id of [key.id, "key_nothing", ""]) {
      expect(await refused(revokeKey, { input: { id } })).toEqual(["KEY_NOT_FOUND"]);
      expect(await refused(rotateKey, { input: { id } })).toEqual(["KEY_NOT_FOUND"]);
    }
  });

  test("aren't made of what is wrong", async () => {
    const { run, acme } = await openAcme();
    const input = { role: "SERVER", name: "A", origins: ["https://a.example"] };
    const { errors } = await run(createKey, { input }, acme);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("origins: only a publishable key"),
        extensions: { code: "INVALID_REQUEST" },
      },
    ]);
  });
});

describe("users", () => {
  test("are listed, read, blocked and given roles", async () => {
    const { asAcme, refused, access } = await openAcme();
    const ann = await access.makeUser("acme", "ann", { name: "Ann" });
    const eve = await access.makeUser("other", "eve");
    const shown = { id: ann.id, externalId: "ann", role: "MEMBER", status: "ACTIVE" };
    expect(await asAcme(users)).toEqual({ users: { edges: [{ node: shown }] } });
    expect(await asAcme(user, { id: ann.id })).toEqual({
      user: { ...shown, name: "Ann", email: null },
    });
    const input = { id: ann.id, role: "ADMIN", status: "BLOCKED" };
    expect(await asAcme(updateUser, { input })).toEqual({
      updateUser: { user: { id: ann.id, role: "ADMIN", status: "BLOCKED" } },
    });
    for (const id of [eve.id, "user_nobody", ""]) {
      expect(await refused(user, { id })).toEqual(["USER_NOT_FOUND"]);
      expect(await refused(updateUser, { input: { id, role: "ADMIN" } })).toEqual([
        "USER_NOT_FOUND",
      ]);
    }
  });

  test("who are admins don't lock themselves out", async () => {
    const { ask, refusal, access } = await openAcme();
    const ann = await access.makeUser("acme", "ann");
    await access.changeUser(ann, { role: "admin" });
    const headers = {
      "X-Tenant-ID": "acme",
      Authorization: `Bearer ${await access.tokenOf(ann)}`,
    };
    expect(await ask(users, {}, headers)).toMatchObject({ users: { edges: [{}] } });
    for (const change of [{ role: "MEMBER" }, { status: "BLOCKED" }]) {
      const input = { id: ann.id, ...change };
      expect(await refusal(updateUser, { input }, headers)).toEqual(["INVALID_REQUEST"]);
    }
  });
});

test("the audit log tells a tenant's admin of the tenant, and the platform's of all", async () => {
  const { ask, asAcme, refused, acmeKey } = await openAcme();
  const put = `mutation { putDocument(input: { source: "a.md", text: "# A" }) { document { id } } }`;
  const made = await asAcme<{ putDocument: { document: { id: string } } }>(put);
  const { id } = made.putDocument.document;
  await asAcme(`mutation { deleteDocument(input: { documentId: "${id}" }) { deletedDocumentId } }`);
  const { auditLog: own } = await asAcme<Log>(auditLog);
  expect(own.edges.map(({ node }) => `${node.tenantId} ${node.action} ${node.target}`)).toEqual([
    "acme document.delete a.md",
    "acme document.add a.md",
    "acme key.create null",
    "acme tenant.create acme",
  ]);
  expect(own.edges[0]?.node).toMatchObject({
    actor: { kind: "KEY", id: acmeKey.id, address: "127.0.0.1" },
    details: { id },
  });
  const { auditLog: all } = await ask<Log>(auditLog, { allTenants: true }, platformAdmin);
  expect(new Set(all.edges.map(({ node }) => node.tenantId))).toEqual(new Set(["acme", "other"]));
  expect(await refused(auditLog, { allTenants: true })).toEqual(["FORBIDDEN"]);
});

describe("what is for admins", () => {
  const id = { input: { id: "x" } };
  const operations = [
    [createTenant, id],
    [updateTenant, id],
    [setOrigins, { input: { origins: [] } }],
    [tenantById, { id: "acme" }],
    [tenants, {}],
    [createKey, { input: { role: "ADMIN", name: "A" } }],
    [rotateKey, id],
    [revokeKey, id],
    [apiKeys, {}],
    [users, {}],
    [user, { id: "x" }],
    [updateUser, id],
    [auditLog, {}],
  ] as const;

  test.each(operations)("is closed to anybody else: %s", async (query, variables) => {
    const { refusal, access } = await openAcme();
    const ann = await access.makeUser("acme", "ann");
    const { text, key } = await access.makeKey("acme", "server");
    const token = await access.tokenOf(ann, { keyId: key.id });
    const shown: [Headings, code: string][] = [
      [{}, "ADMIN_REQUIRED"],
      [{ "X-API-Key": text }, "FORBIDDEN"],
      [{ Authorization: `Bearer ${token}` }, "FORBIDDEN"],
    ];
    for (const [headers, code] of shown) {
      const all = { "X-Tenant-ID": "acme", ...headers };
      expect(await refusal(query, variables, all)).toEqual([code]);
    }
  });
});
