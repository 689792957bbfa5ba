import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../api/core/access/user.ts";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { RefusedError } from "../support/ws-client.ts";
import { listenRaw, type RawPlatform } from "./listen.ts";

const origin = "http://localhost:3000";
let platform: RawPlatform;
let user: User;
/** When their tokens do. */
let expiresAt: Record<"user" | "visitor", string>;
/** What can be shown, by its name. */
let proofs: Record<string, string>;

beforeAll(async () => {
  platform = await listenRaw({ tenants: [makeTenant("demo"), makeTenant("other")] });
  const { access, gate } = platform;
  user = await access.makeUser("demo", "ann");
  const inMs = (ms: number) => new Date(platform.clock.now() + ms).toISOString();
  expiresAt = { user: inMs(3_600_000), visitor: inMs(90 * 86_400_000) };
  const stranger = await access.makeUser("other", "bob");
  const [server, page, foreign, gone] = [
    await access.makeKey("demo", "server"),
    await access.makeKey("demo", "publishable"),
    await access.makeKey("other", "server"),
    await access.makeKey("demo", "server"),
  ];
  await access.revokeKey(gone.key);
  proofs = {
    user: await access.tokenOf(user),
    visitor: await gate.visitorTokens.issue("demo", "vis_one"),
    server: server.text,
    page: page.text,
    admin: adminToken,
    foreignUser: await access.tokenOf(stranger),
    foreignVisitor: await gate.visitorTokens.issue("other", "vis_two"),
    foreignKey: foreign.text,
    goneKey: gone.text,
    ofGoneKey: await access.tokenOf(user, { keyId: gone.key.id }),
    nonsense: "nonsense",
  };
});
afterAll(() => platform?.close());

const shown = (name: string) => proofs[name] ?? "";

/** The parameters and subprotocols in which each kind is shown. */
const forms = [
  ["token", "miptech.token."],
  ["api_key", "miptech.key."],
  ["visitor_token", "miptech.visitor."],
  ["ticket", "miptech.ticket."],
] as const;

type Form = (typeof forms)[number][0];
type Ways = (query: Record<string, string>) => Parameters<RawPlatform["dial"]>;

const ways: [how: string, ways: Ways][] = [
  ["in the query", (query) => [query]],
  [
    "as subprotocols",
    (query) => {
      const named = forms.flatMap(([name, start]) => (query[name] ? [start + query[name]] : []));
      return [{}, { protocols: ["miptech.v1", ...named] }];
    },
  ],
  [
    "as headers, but for tickets",
    ({ token, api_key: key, visitor_token: visitor, ...rest }) => {
      const headers = {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(key ? { "X-API-Key": key } : {}),
        ...(visitor ? { "X-Visitor-Token": visitor } : {}),
      };
      return [rest, { headers }];
    },
  ],
];

interface Expected {
  readonly visitor?: string | RegExp;
  readonly user?: boolean;
  readonly expires?: "user" | "visitor";
}

const good: [what: string, as: Partial<Record<Form, string>>, expected: Expected][] = [
  ["a user's token", { token: "user" }, { user: true, expires: "user" }],
  [
    "a visitor's token as a token",
    { token: "visitor" },
    { visitor: "vis_one", expires: "visitor" },
  ],
  ["a visitor's token", { visitor_token: "visitor" }, { visitor: "vis_one", expires: "visitor" }],
  ["a server's key", { api_key: "server" }, {}],
  ["a server's key as a token", { token: "server" }, {}],
  ["the admin's token", { token: "admin" }, {}],
  [
    "a user's and a visitor's token",
    { token: "user", visitor_token: "visitor" },
    { user: true, visitor: "vis_one", expires: "user" },
  ],
  [
    "a key beside a user's token",
    { token: "user", api_key: "server" },
    { user: true, expires: "user" },
  ],
];

describe.each(ways)("%s", (_how, dial) => {
  const fill = (as: Partial<Record<Form, string>>) =>
    dial(Object.fromEntries(Object.entries(as).map(([form, name]) => [form, shown(name)])));

  test.each(good)("%s is taken", async (_what, as, expected) => {
    const client = await platform.dial(...fill(as));
    expect(await client.next()).toMatchObject({
      type: "connection_established",
      data: {
        visitor_id: expected.visitor ?? null,
        user_id: expected.user ? user.id : null,
        expires_at: expected.expires ? expiresAt[expected.expires] : null,
      },
    });
    expect(client.frames[0]?.data).not.toHaveProperty("visitor_token");
    await client.close();
  });

  test("a page's key is taken from its page, and its visitor gets a token", async () => {
    const [query, options] = fill({ api_key: "page" });
    const client = await platform.dial(query, { ...options, origin });
    const { data } = await client.until("connection_established");
    expect(data).toMatchObject({ visitor_id: expect.stringMatching(/^vis_/), user_id: null });
    expect(data.visitor_token).toMatch(/^ey/);
    await client.close();
    const refused = await platform.dial(query, options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 403 });
  });

  test("a ticket is taken once, and stands for what it was given for", async () => {
    const ticket = await platform.access.makeTicket("demo", {
      userId: user.id,
      visitorId: "vis_x",
    });
    const client = await platform.dial(...dial({ ticket }));
    expect((await client.until("connection_established")).data).toMatchObject({
      user_id: user.id,
      visitor_id: "vis_x",
    });
    await client.close();
    await expect(platform.dial(...dial({ ticket }))).rejects.toMatchObject({ status: 401 });
  });

  test("a ticket is good for the page that asked for it alone, and for 30 seconds", async () => {
    const make = () => platform.access.makeTicket("demo", { userId: user.id, origin });
    await expect(platform.dial(...dial({ ticket: await make() }))).rejects.toMatchObject({
      status: 401,
    });
    const [query, options] = dial({ ticket: await make() });
    const client = await platform.dial(query, { ...options, origin });
    expect((await client.until("connection_established")).data.user_id).toBe(user.id);
    await client.close();
    const late = await platform.access.makeTicket("demo", { userId: user.id });
    platform.clock.advance(30_000);
    await expect(platform.dial(...dial({ ticket: late }))).rejects.toMatchObject({ status: 401 });
  });

  const bad: [what: string, as: Partial<Record<Form, string>>][] = [
    ["nonsense as a token", { token: "nonsense" }],
    ["nonsense as a key", { api_key: "nonsense" }],
    ["nonsense as a visitor's token", { visitor_token: "nonsense" }],
    ["nonsense as a ticket", { ticket: "nonsense" }],
    ["another tenant's user", { token: "foreignUser" }],
    ["another tenant's visitor", { visitor_token: "foreignVisitor" }],
    ["another tenant's key", { api_key: "foreignKey" }],
    ["a revoked key", { api_key: "goneKey" }],
    ["a token that a revoked key made", { token: "ofGoneKey" }],
    ["a wrong one beside a right one", { token: "user", visitor_token: "foreignVisitor" }],
    ["a user's token as a key", { api_key: "user" }],
    ["the admin's token as a key", { api_key: "admin" }],
  ];

  test.each(bad)("%s is refused like all others, without a word of the reason", async (_w, as) => {
    const refused = await platform.dial(...fill(as)).catch((error: unknown) => error);
    if (!(refused instanceof RefusedError)) throw new Error("It was let in");
    expect(refused.status).toBe(401);
    expect(JSON.parse(await refused.body)).toEqual({
      error: { code: "INVALID_TOKEN", message: "The token is not valid" },
    });
  });
});

describe("what the greeting tells", () => {
  test("comes in the order of the platform's first description, and then ours", async () => {
    const client = await platform.dial();
    const { data } = await client.until("connection_established");
    expect(Object.keys(data)).toEqual([
      "client_id",
      "tenant_id",
      "timestamp",
      "visitor_id",
      "user_id",
      "expires_at",
      "visitor_token",
    ]);
    await client.close();
  });

  test("a token may be shown in one form only", async () => {
    const both = platform.dial(
      { token: shown("user") },
      { protocols: ["miptech.v1", `miptech.token.${shown("user")}`] },
    );
    const refused = await both.catch((error: unknown) => error);
    if (!(refused instanceof RefusedError)) throw new Error("It was let in");
    expect(refused.status).toBe(400);
    const body = await refused.body;
    expect(JSON.parse(body).error.code).toBe("INVALID_REQUEST");
    expect(body).not.toContain(shown("user"));
  });

  test("an empty one counts as none", async () => {
    const client = await platform.dial({ token: "", api_key: "", visitor_token: "", ticket: "" });
    expect((await client.until("connection_established")).data.visitor_token).toMatch(/^ey/);
    await client.close();
  });
});

/** Offers subprotocols as they are. @returns the headers that accept the handshake. */
async function offer(...protocols: string[]) {
  const asking = request(`${platform.url}/ws?tenant_id=demo`, {
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...(protocols.length > 0 ? { "Sec-WebSocket-Protocol": protocols.join(", ") } : {}),
    },
  });
  asking.end();
  const [response, socket] = await once(asking, "upgrade");
  socket.destroy();
  return response.headers as Record<string, string | undefined>;
}

describe("of the subprotocols", () => {
  test.each([
    ["ours is selected", ["miptech.v1"]],
    ["ours is selected among others", ["chat", "miptech.v1", "soap"]],
  ])("%s", async (_what, offered) => {
    expect((await offer(...offered))["sec-websocket-protocol"]).toBe("miptech.v1");
  });

  test.each([
    ["none is selected where none is offered", []],
    ["none is selected of unknown ones", ["chat", "soap"]],
    ["another version of ours is unknown", ["miptech.v2"]],
    ["letters count as they are", ["MIPTECH.V1"]],
  ])("%s", async (_what, offered) => {
    expect(await offer(...offered)).not.toHaveProperty("sec-websocket-protocol");
  });

  test("what carries a token is never said back, wherever it stands", async () => {
    const token = `miptech.token.${shown("user")}`;
    for (const offered of [[token], [token, "miptech.v1"], ["miptech.v1", token]]) {
      const headers = await offer(...offered);
      expect(JSON.stringify(headers)).not.toContain(shown("user"));
      const isOffered = offered.includes("miptech.v1");
      expect(headers["sec-websocket-protocol"]).toBe(isOffered ? "miptech.v1" : undefined);
    }
  });

  test("a page whose token is refused reads why, under ours", async () => {
    const client = await platform.dial(
      {},
      { origin, protocols: ["miptech.token.nonsense", "miptech.v1"] },
    );
    expect(client.ws.protocol).toBe("miptech.v1");
    expect((await client.until("error")).data.error_code).toBe("INVALID_TOKEN");
    expect(await client.closed).toBe(4401);
  });
});
