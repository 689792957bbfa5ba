import { describe, expect, it } from "vitest";
import type { KeyRole } from "../../../api/core/access/api-key.ts";
import {
  canOpenChat,
  isServer,
  ownerIdOf,
  requireAdmin,
  requireOwner,
  type Caller,
} from "../../../api/core/access/caller.ts";
import { makeCaller } from "../../support/core.ts";
import { makeTenant } from "../../support/tenant.ts";

const now = new Date(0);
const user = (id: string, role: "member" | "admin" = "member") => ({
  id,
  role,
  tenantId: "demo",
  externalId: id,
  name: null,
  email: null,
  status: "active" as const,
  createdAt: now,
});
const key = (role: KeyRole) => ({
  id: "key_1",
  tenantId: "demo",
  role,
  name: "",
  prefix: "",
  origins: [],
  createdAt: now,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
});
const make = (fields: Partial<Caller>, chatAccess = "link") =>
  makeCaller({ tenant: makeTenant("demo", { chat_access: chatAccess }), ...fields });

const anonymous = {};
const ann = { user: user("user_ann") };
const bob = { user: user("user_bob") };
const boss = { user: user("user_boss", "admin"), admin: "tenant" as const };
const one = { visitorId: "vis_1" };
const page = { key: key("publishable") };
const server = { key: key("server") };
const adminKey = { key: key("admin"), admin: "tenant" as const };
const platform = { admin: "platform" as const };
/** A user whose token was made by the tenant's server. */
const served = { ...ann, key: key("server") };

describe("a chat of a visitor or of nobody", () => {
  const everyone = [anonymous, ann, boss, one, { visitorId: "vis_2" }, page, server, platform];

  it("is opened by everyone who has its id, where the tenant leaves it at that", () => {
    for (const ownerId of [null, "vis_1"])
      for (const who of everyone) expect(canOpenChat(make(who), { ownerId })).toBe(true);
  });

  it("is opened by the proven visitor who made it and the tenant's servers, where the tenant asks for the proof", () => {
    const opens = everyone.map((who) => canOpenChat(make(who, "visitor"), { ownerId: "vis_1" }));
    expect(opens).toEqual([false, false, false, true, false, false, true, true]);
    const unowned = everyone.map((who) => canOpenChat(make(who, "visitor"), { ownerId: null }));
    expect(unowned).toEqual([false, false, false, false, false, false, true, true]);
  });
});

it("a chat of a user is opened by that user and the tenant's servers, whatever the tenant says", () => {
  const asked = [anonymous, ann, bob, boss, one, page, server, adminKey, platform, served];
  for (const chatAccess of ["link", "visitor"]) {
    const opens = asked.map((who) => canOpenChat(make(who, chatAccess), { ownerId: "user_ann" }));
    expect(opens).toEqual([false, true, false, false, false, false, true, true, true, true]);
  }
});

it("a user who also proves a visitor opens the chats of both", () => {
  const both = make({ ...ann, ...one }, "visitor");
  expect(canOpenChat(both, { ownerId: "user_ann" })).toBe(true);
  expect(canOpenChat(both, { ownerId: "vis_1" })).toBe(true);
  expect(ownerIdOf(both)).toBe("user_ann");
});

it("a server is one who shows a secret key or is the admin, without a user", () => {
  const servers = [server, adminKey, platform].map((who) => isServer(make(who)));
  const others = [anonymous, ann, boss, one, page, served].map((who) => isServer(make(who)));
  expect([...servers, ...others]).toEqual([...servers.map(() => true), ...others.map(() => false)]);
});

it("a list of chats needs a proof, not a label", () => {
  expect(requireOwner(make(one))).toBe("vis_1");
  expect(requireOwner(make(served))).toBe("user_ann");
  expect(requireOwner(make(server))).toBe("all");
  for (const who of [anonymous, page]) {
    expect(() => requireOwner(make(who))).toThrow(
      expect.objectContaining({ code: "VISITOR_TOKEN_REQUIRED" }),
    );
  }
});

it("an admin is required by the proof", () => {
  expect([boss, adminKey, platform].map((who) => requireAdmin(make(who)))).toEqual([
    "tenant",
    "tenant",
    "platform",
  ]);
  const unproven = { code: "ADMIN_REQUIRED", status: 401 };
  for (const who of [anonymous, one])
    expect(() => requireAdmin(make(who))).toThrow(expect.objectContaining(unproven));
  const known = { code: "FORBIDDEN", status: 403 };
  for (const who of [ann, page, server, served])
    expect(() => requireAdmin(make(who))).toThrow(expect.objectContaining(known));
});
