import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NamedToken } from "../support/hostile-tokens/ground.ts";
import { makeHostileTokens } from "../support/hostile-tokens/hostile-tokens.ts";
import { adminToken } from "../support/platform.ts";
import { makeHostileKeys, type NamedShown } from "./hostile/keys.ts";
import { ask, askGraphql, headersOf, openDoors, type Door, type Shown } from "./hostile/doors.ts";
import { allowedOrigins, hostileOrigins } from "./hostile/origins.ts";
import { openHostileWorld, type HostileWorld } from "./hostile/world.ts";

let world: HostileWorld;
let doors: readonly Door[];
let hostileTokens: readonly NamedToken[];
let hostileKeys: readonly NamedShown[];

beforeAll(async () => {
  world = await openHostileWorld();
  doors = openDoors(world.platform, world.chatId);
  // Nothing is shown by an empty one where that is the same as none.
  hostileTokens = (await makeHostileTokens(world.ground)).filter(([, token]) => token !== "");
  hostileKeys = await makeHostileKeys(world);
});
afterAll(() => world?.platform.close());

const doorNames = [
  "REST",
  "GraphQL over HTTP",
  "GraphQL as server-sent events",
  "graphql-ws",
  "raw WebSocket, query",
  "raw WebSocket, subprotocol",
  "raw WebSocket, auth frame",
];

function doorOf(name: string): Door {
  const door = doors.find((one) => one.name === name);
  if (!door) throw new Error(`No door ${name}`);
  return door;
}

/** Doors that take tickets. */
const isSocket = (name: string) => /^(?:raw|graphql-ws)/.test(name);

const shows = (fields: Omit<Shown, "tenantId">): Shown => ({ tenantId: world.tenantId, ...fields });

/** What the door answers to each that it can carry, by name. */
async function knockAll(door: Door, all: readonly NamedShown[]): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [name, shown] of all)
    if (door.carries(shown)) answers.set(name, await door.knock(shown));
  return answers;
}

/** Names whatever was answered otherwise than with a refusal of that code; there must be so many at least. */
function expectRefused(
  answers: Map<string, string>,
  codes: readonly string[],
  least: number,
): void {
  expect([...answers].filter(([, answer]) => !codes.includes(answer))).toEqual([]);
  expect(answers.size).toBeGreaterThanOrEqual(least);
}

test("the doors are those that are tried", () => {
  expect(doors.map(({ name }) => name)).toEqual(doorNames);
});

describe.each(doorNames)("%s", (name) => {
  test("lets in whoever shows what is right, and whoever shows nothing", async () => {
    const { server, publishable, userToken, visitorToken, page, makeTicket } = world;
    const right: NamedShown[] = [
      ["nothing", shows({})],
      ...world.rightTokens.map(([what, token]): NamedShown => [what, shows({ token })]),
      ["a user's token", shows({ token: userToken })],
      ["a server's key", shows({ apiKey: server })],
      ["a server's key as a token", shows({ token: server })],
      ["a publishable key, from its page", shows({ apiKey: publishable, origin: page })],
      ["a publishable key as a token, from its page", shows({ token: publishable, origin: page })],
      ["a visitor's token", shows({ visitorToken })],
      ["a visitor's token as a token", shows({ token: visitorToken })],
      ["the admin's token", shows({ adminToken })],
      ["a user's token beside a key", shows({ token: userToken, apiKey: server })],
      ...allowedOrigins.map((origin): NamedShown => [origin, shows({ origin })]),
      ["the server's own page", shows({ origin: new URL(world.url).origin })],
    ];
    if (isSocket(name)) {
      right.push(["a ticket", shows({ ticket: await makeTicket(userToken) })]);
      const ticket = await makeTicket(userToken, { Origin: page });
      right.push(["a ticket, from its page", shows({ ticket, origin: page })]);
    }
    const answers = await knockAll(doorOf(name), right);
    expect([...answers].filter(([, answer]) => answer !== "in")).toEqual([]);
    expect(answers.size).toBe(right.length);
  });

  test("refuses every hostile token", async () => {
    const shown = hostileTokens.map(([what, token]): NamedShown => [what, shows({ token })]);
    expectRefused(await knockAll(doorOf(name), shown), ["INVALID_TOKEN"], 150);
  });

  test("refuses every hostile key, and tokens that don't belong", async () => {
    const answers = await knockAll(doorOf(name), hostileKeys);
    expectRefused(answers, ["INVALID_TOKEN", "ORIGIN_NOT_ALLOWED"], 40);
  });

  test("refuses every hostile origin, whatever is shown beside it", async () => {
    const proofs = [{}, { apiKey: world.publishable }, { token: world.userToken }];
    const all = hostileOrigins.flatMap((origin) =>
      proofs.map((proof, n): NamedShown => [`${n} ${origin}`, shows({ ...proof, origin })]),
    );
    expectRefused(await knockAll(doorOf(name), all), ["ORIGIN_NOT_ALLOWED"], 150);
  });

  test("refuses every hostile ticket", async () => {
    const { makeTicket, makeVisitor, userToken, page } = world;
    const door = doorOf(name);
    const other = doorOf(name === "graphql-ws" ? "raw WebSocket, query" : "graphql-ws");
    const fromPage = { Origin: page };
    const elsewhere = (await makeVisitor("other")).visitor_token;
    const [used, expired] = [await makeTicket(userToken), await makeTicket(userToken)];
    expect(await other.knock(shows({ ticket: used }))).toBe("in");
    await world.adminSql(
      `update public.tickets set expires_at = now() where hash = encode(sha256($1::bytea), 'hex')`,
      [expired],
    );
    const hostile: NamedShown[] = [
      ["replayed", shows({ ticket: used })],
      ["expired", shows({ ticket: expired })],
      [
        "another tenant's",
        shows({ ticket: await makeTicket(elsewhere, { "X-Tenant-ID": "other" }) }),
      ],
      ["a page's, from no page", shows({ ticket: await makeTicket(userToken, fromPage) })],
      ["of no page, from a page", shows({ ticket: await makeTicket(userToken), origin: page })],
      [
        "another page's",
        shows({ ticket: await makeTicket(userToken, fromPage), origin: allowedOrigins[1] ?? "" }),
      ],
      ["cut short", shows({ ticket: (await makeTicket(userToken)).slice(0, -1) })],
      ["made up", shows({ ticket: `tkt_${"A".repeat(43)}` })],
    ];
    // Over HTTP a ticket stands in the place of a token: there these are right.
    if (isSocket(name)) {
      hostile.push(["a user's token", shows({ ticket: userToken })]);
      hostile.push(["a key", shows({ ticket: world.server })]);
      hostile.push(["the admin's token", shows({ ticket: adminToken })]);
    }
    expectRefused(await knockAll(door, hostile), ["INVALID_TOKEN"], hostile.length);
    const asToken = shows({ token: await makeTicket(userToken) });
    expect(await door.knock(asToken)).toBe("INVALID_TOKEN");
  });
});

test("a hostile token is refused in the place of any other proof too", async () => {
  const places = ["apiKey", "visitorToken", "adminToken", "ticket"] as const;
  const answers = new Map<string, string>();
  for (const [n, [name, token]] of hostileTokens.entries())
    for (const [m, place] of places.entries()) {
      const [door, shown] = [doors[(n + m) % doors.length], shows({ [place]: token })];
      if (door?.carries(shown))
        answers.set(`${name} as ${place} at ${door.name}`, await door.knock(shown));
    }
  expectRefused(answers, ["INVALID_TOKEN"], 600);
});

test("a ticket that is shown many times at once opens one connection", async () => {
  const sockets = doors.filter(({ name }) => isSocket(name));
  for (let round = 0; round < 5; round += 1) {
    const ticket = await world.makeTicket(world.userToken);
    const answers = await Promise.all(
      [...sockets, ...sockets].map((door) => door.knock(shows({ ticket }))),
    );
    expect(answers.filter((answer) => answer === "in")).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(["in", "INVALID_TOKEN"]));
  }
});

test("what a publishable key or a user may not do is refused wherever it can be asked for", async () => {
  const { url, publishable, userToken, visitorToken, page, server } = world;
  const rest = (path: string, headers: Record<string, string>, json?: object) =>
    ask(`${url}/api/v1${path}`, {
      method: json ? "POST" : "GET",
      headers: { "Content-Type": "application/json", ...headers },
      body: json ? JSON.stringify(json) : null,
    });
  const makeToken = `mutation { createUserToken(input: { externalId: "eve" }) { accessToken } }`;
  const deeds: readonly ((headers: Record<string, string>) => Promise<string>)[] = [
    (headers) => rest("/admin/documents", headers),
    (headers) => rest("/admin/usage", headers),
    (headers) => rest("/admin/keys", headers),
    (headers) => rest("/admin/keys", headers, { role: "admin", name: "Eve's" }),
    (headers) => rest("/admin/tenants", headers),
    (headers) => rest("/auth/token", headers, { user: { id: "eve" } }),
    (headers) => askGraphql(url, "{ documents { edges { cursor } } }", headers),
    (headers) => askGraphql(url, makeToken, headers),
  ];
  const callers: readonly [string, Shown][] = [
    ["nobody", shows({})],
    ["a publishable key", shows({ apiKey: publishable, origin: page })],
    ["a user", shows({ token: userToken })],
    ["a visitor", shows({ visitorToken })],
    ["a user with a server's key", shows({ token: userToken, apiKey: server })],
  ];
  for (const [who, shown] of callers)
    for (const [n, deed] of deeds.entries())
      expect(["ADMIN_REQUIRED", "FORBIDDEN", "TOKEN_REQUIRED"], `${who}, ${n}`).toContain(
        await deed(headersOf(shown)),
      );
  for (const [n, deed] of deeds.entries())
    expect(await deed(headersOf(shows({ adminToken }))), `the admin, ${n}`).toBe("in");
});
