import { createHash } from "node:crypto";
import { adminToken } from "../../support/platform.ts";
import type { Shown } from "./doors.ts";
import type { HostileWorld } from "./world.ts";

/** Its name, and what is shown. */
export type NamedShown = readonly [name: string, shown: Shown];

/** Keys that are no good, and tokens that are, but not for this tenant, or not any more. */
export async function makeHostileKeys(world: HostileWorld): Promise<readonly NamedShown[]> {
  const { page, publishable, tenantId } = world;
  const keys = { ...misspelt(world), ...(await notGoodAnyMore(world)) };
  const other = "https://shop.example:8443";
  const shows = (fields: Omit<Shown, "tenantId">): Shown => ({ tenantId, ...fields });
  return [
    ...Object.entries(keys).flatMap(([name, key]): NamedShown[] => [
      [name, shows({ token: key })],
      [`${name} as a key`, shows({ apiKey: key })],
      [`${name} from a page`, shows({ apiKey: key, origin: page })],
    ]),
    ["a publishable key from no page", shows({ apiKey: publishable })],
    ["a publishable key from no page, as a token", shows({ token: publishable })],
    [
      "a publishable key from a page that isn't its own",
      shows({ apiKey: publishable, origin: other }),
    ],
    [
      "a publishable key for another tenant",
      { tenantId: "other", apiKey: publishable, origin: page },
    ],
    ["a server's key for another tenant", { tenantId: "other", apiKey: world.server }],
    ["a user's token for another tenant", { tenantId: "other", token: world.userToken }],
    ["a visitor's token for another tenant", { tenantId: "other", token: world.visitorToken }],
    ...(await foreignTokens(world)).map(([name, fields]): NamedShown => [name, shows(fields)]),
    ...misplaced(world).map(([name, fields]): NamedShown => [name, shows(fields)]),
  ];
}

function misspelt({ server, publishable, userToken }: HostileWorld): Record<string, string> {
  const hash = createHash("sha256").update(server).digest("hex");
  return {
    "a key with the other prefix": server.replace("sk_", "pk_"),
    "a publishable key with the other prefix": publishable.replace("pk_", "sk_"),
    "a key cut short": server.slice(0, -1),
    "a key with one more": `${server}A`,
    "a key in capitals": server.toUpperCase(),
    "a key in small letters": server.toLowerCase(),
    "a key with another end": `${server.slice(0, -1)}${server.endsWith("A") ? "B" : "A"}`,
    "the beginning of a key": server.slice(0, 11),
    "the hash of a key": hash,
    "the hash of a key as one": `sk_${hash.slice(0, 43)}`,
    "a key that was never made": `sk_${"A".repeat(43)}`,
    "two keys": `${server},${server}`,
    "a key in quotes": `"${server}"`,
    "a key as a pattern": "sk_%",
    "the prefix alone": "sk_",
    "a token as a key": `sk_${userToken}`,
    "a key with a line of SQL": `sk_' or '1'='1`,
  };
}

/** Revoked, expired, and tokens of keys and users that are no more; and those of another tenant. */
async function notGoodAnyMore(world: HostileWorld): Promise<Record<string, string>> {
  const { makeKey, makeToken, call, asAdmin, adminSql } = world;
  const revoked = await makeKey("server");
  const expired = await makeKey("server");
  const spent = await makeKey("server");
  const ofRevoked = await makeToken(revoked.key, "ben");
  const ofExpired = await makeToken(expired.key, "ben");
  const elsewhere = await makeKey("server", {}, "other");
  const admin = await makeKey("admin", {}, "other");
  const blocked = await makeToken(world.server, "mallory");
  await call("DELETE", `/admin/keys/${revoked.id}`, asAdmin());
  await call("POST", `/admin/keys/${expired.id}/rotate`, asAdmin(), { grace_seconds: 0 });
  await adminSql("update public.api_keys set revoked_at = now() where id = $1", [spent.id]);
  await call("PATCH", `/admin/users/${blocked.user.id}`, asAdmin(), { status: "blocked" });
  const taken = {
    "a revoked key": revoked.key,
    "an expired key": expired.key,
    "a key that was revoked with psql": spent.key,
    "a token of a revoked key": ofRevoked.access_token,
    "a token of an expired key": ofExpired.access_token,
    "a blocked user's token": blocked.access_token,
  };
  for (const token of Object.values(taken)) await untilRefused(world, token);
  return {
    ...taken,
    "another tenant's key": elsewhere.key,
    "another tenant's admin key": admin.key,
  };
}

/** What was taken back takes effect in all processes within a second. */
async function untilRefused({ url, tenantId }: HostileWorld, token: string): Promise<void> {
  const headers = { "X-Tenant-ID": tenantId, Authorization: `Bearer ${token}` };
  const since = performance.now();
  for (;;) {
    const { status } = await fetch(`${url}/api/v1/auth/me`, { headers });
    if (status === 401) return;
    if (performance.now() - since > 10_000) throw new Error("It is still good");
  }
}

type Fields = Omit<Shown, "tenantId">;

async function foreignTokens(world: HostileWorld): Promise<[string, Fields][]> {
  const { makeKey, makeToken, makeVisitor, writeTenants, writeOwn } = world;
  const { key } = await makeKey("server", {}, "other");
  const user = await makeToken(key, "ann", "other");
  const visitor = await makeVisitor("other");
  return [
    ["another tenant's user", { token: user.access_token }],
    ["another tenant's visitor", { visitorToken: visitor.visitor_token }],
    ["another tenant's visitor as a token", { token: visitor.visitor_token }],
    ["another tenant's user beside our key", { token: user.access_token, apiKey: world.server }],
    ["another tenant's key beside our user", { token: world.userToken, apiKey: key }],
    [
      "the issuer's token for the other tenant",
      {
        token: writeTenants({ aud: "https://chat.example.com/other" }),
      },
    ],
    ["a user who isn't there", { token: writeOwn({ sub: "user_nobody" }) }],
    ["another tenant's user in a token of ours", { token: writeOwn({ sub: user.user.id }) }],
    ["a user whose token a key made that isn't there", { token: writeOwn({ key: "key_nothing" }) }],
  ];
}

/** Right, but not in this place; or wrong, beside something right. */
function misplaced(world: HostileWorld): [string, Fields][] {
  const { server, userToken, visitorToken } = world;
  return [
    ["a key as a visitor's token", { visitorToken: server }],
    ["a user's token as a visitor's", { visitorToken: userToken }],
    ["a visitor's token as a key", { apiKey: visitorToken }],
    ["a user's token as a key", { apiKey: userToken }],
    ["the admin's token as a key", { apiKey: adminToken }],
    ["the admin's token as a visitor's", { visitorToken: adminToken }],
    ["the admin's token with one more", { adminToken: `${adminToken}a` }],
    ["the admin's token cut short", { adminToken: adminToken.slice(0, -1) }],
    ["a wrong key beside a user", { token: userToken, apiKey: "sk_wrong" }],
    ["a wrong visitor beside a user", { token: userToken, visitorToken: `${visitorToken}x` }],
    ["a wrong token beside a key", { token: "wrong", apiKey: server }],
    ["a wrong visitor beside a key", { visitorToken: "wrong", apiKey: server }],
  ];
}
