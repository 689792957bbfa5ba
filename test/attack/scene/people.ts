import type { Credential, CredentialKind } from "../credential.ts";
import { nobody } from "../credential.ts";
import type { Preparer } from "./preparer.ts";

/** The people and keys of one tenant. */
export interface People {
  readonly visitor: Person;
  readonly otherVisitor: Person;
  readonly user: Person;
  readonly otherUser: Person;
  readonly adminUser: Person;
  readonly publishable: Credential;
  readonly server: Credential;
  readonly admin: Credential;
}

export interface Person {
  readonly credential: Credential;
  /** `vis_…` or `user_…`. */
  readonly id: string;
  /** The host site's own id of a user. */
  readonly externalId: string;
}

export interface PeopleOptions {
  readonly tenantId: string;
  /** `the victim's` or `the attacker's`, before each name. */
  readonly whose: string;
  /** A text that stands in a user's name and email. */
  readonly nameOf: () => string;
}

/** Makes keys, users with tokens and visitors with tokens. @throws PrepareError */
export async function makePeople(preparer: Preparer, options: PeopleOptions): Promise<People> {
  const { tenantId, whose } = options;
  const key = async (role: "publishable" | "server" | "admin"): Promise<Credential> => {
    const { secret } = await makeKey(preparer, tenantId, role, options.nameOf());
    const kind = `${role} key` as const;
    return { name: `${whose} ${kind}`, kind, tenantId, secret };
  };
  const server = await key("server");
  const userNamed = (name: string, kind: "user" | "admin user") =>
    makeUser(preparer, server, `${whose} ${name}`, kind, options.nameOf());
  const adminUser = await userNamed("admin user", "admin user");
  const asPlatform = { credential: preparer.platform, tenantId };
  await preparer.call(asPlatform, "PATCH", `/admin/users/${adminUser.id}`, { role: "admin" });
  return {
    server,
    adminUser,
    publishable: await key("publishable"),
    admin: await key("admin"),
    user: await userNamed("user", "user"),
    otherUser: await userNamed("other user", "user"),
    visitor: await makeVisitor(preparer, tenantId, `${whose} visitor`),
    otherVisitor: await makeVisitor(preparer, tenantId, `${whose} other visitor`),
  };
}

/** @throws PrepareError */
export async function makeKey(
  preparer: Preparer,
  tenantId: string,
  role: string,
  name: string,
): Promise<{ readonly id: string; readonly secret: string }> {
  const asPlatform = { credential: preparer.platform, tenantId };
  const made = await preparer.call(asPlatform, "POST", "/admin/keys", { role, name });
  return { id: made.get("id"), secret: made.get("key") };
}

/**
 * A user with a token of a day. @param server key that vouches. @param externalId the host site's own id.
 * @throws PrepareError
 */
export async function makeUser(
  preparer: Preparer,
  server: Credential,
  name: string,
  kind: CredentialKind,
  label: string,
  externalId: string = crypto.randomUUID(),
): Promise<Person> {
  const made = await preparer.call(
    { credential: server, tenantId: server.tenantId },
    "POST",
    "/auth/token",
    {
      user: { id: externalId, name: label, email: `${label}@attack.example` },
      expires_in: 86_400,
    },
  );
  const credential = {
    name,
    kind,
    tenantId: server.tenantId,
    secret: made.get("access_token"),
  };
  return { credential, id: made.get("user.id"), externalId };
}

/** Somebody who makes a chat without showing anything. @throws PrepareError */
export async function makeVisitor(
  preparer: Preparer,
  tenantId: string,
  name: string,
): Promise<Person> {
  const made = await preparer.call({ credential: nobody, tenantId }, "POST", "/chat", {});
  const secret = made.get("visitor_token");
  const credential: Credential = { name, kind: "visitor", tenantId, secret };
  const me = await preparer.call({ credential, tenantId }, "GET", "/auth/me");
  return { credential, id: me.get("visitor_id"), externalId: "" };
}
