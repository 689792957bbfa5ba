import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { createPlatform, prefix } from "./platform.ts";
import { readEvents, textOf, type SseEvent } from "./sse.ts";

/** A visitor's chat under `chat_access: link`, and a stranger who follows it by its id. */
async function open() {
  const platform = createPlatform({ limits: { enabled: false, requestsPerMinute: 1, burst: 0 } });
  const { access, accesses, call, tenants, answerer, clock } = platform;
  const { id, token } = await platform.makeChat();
  const path = `${prefix}/chat/${id}`;
  const user = await access.makeUser("demo", "ann");
  const asUser = { Authorization: `Bearer ${await access.tokenOf(user)}` };
  const asVisitor = { "X-Visitor-Token": token };
  const follow = async (headers = {}) =>
    readEvents(await call(`${path}/events`, { headers })).rest();
  return {
    ...platform,
    asUser,
    asVisitor,
    follow,
    /** A turn from its question to its end. */
    async talk(text: string, headers: Record<string, string>) {
      const json = { content: "?" };
      const prefer = { Prefer: "respond-async" };
      await call(`${path}/messages`, { json, headers: { ...headers, ...prefer } });
      const script = await answerer.nextTurn();
      script.push(text);
      await settle();
      clock.advance(100);
      script.finish();
      await settle();
    },
    async claim() {
      const json = { visitor_token: token };
      const claimed = await call(`${prefix}/auth/claim`, { json, headers: asUser });
      expect(await claimed.json()).toEqual({ claimed: 1 });
    },
    async askForProof() {
      tenants.set(makeTenant("demo", { chat_access: "visitor" }));
      accesses.change({ tenantId: "demo" });
      await settle();
    },
  };
}

type World = Awaited<ReturnType<typeof open>>;

const losses: readonly [
  name: string,
  lose: (world: World) => Promise<void>,
  owner: (world: World) => Record<string, string>,
][] = [
  ["a user claims it", ({ claim }) => claim(), ({ asUser }) => asUser],
  [
    "the tenant asks for the visitor's token",
    ({ askForProof }) => askForProof(),
    ({ asVisitor }) => asVisitor,
  ],
];

const gone: SseEvent = {
  id: undefined,
  event: "error",
  frame: { type: "error", data: { error_code: "CHAT_NOT_FOUND", message: expect.any(String) } },
};

describe("a stranger's stream of a chat that was anybody's by its id", () => {
  test.each(losses)("ends before the next turn once %s", async (_name, lose, owner) => {
    const world = await open();
    const told = world.follow();
    await settle();
    await world.talk("For all", world.asVisitor);
    await lose(world);
    const kept = await readOwn(world, owner(world));
    await world.talk("Secret", owner(world));
    const events = await told;
    expect(events.at(-1)).toEqual(gone);
    expect(textOf(events)).toBe("For all");
    expect(await kept()).toBe("Secret");
    expect(world.gate.connections.size).toBe(0);
  });

  test.each(losses)("ends by itself where nothing more is asked once %s", async (_name, lose) => {
    const world = await open();
    const told = world.follow();
    await settle();
    await lose(world);
    world.clock.advance(10_000);
    expect(await told).toEqual([gone]);
  });
});

/** The stream of whoever the chat is now. @returns gives the text that was told there. */
async function readOwn(
  { follow, draining }: World,
  headers: Record<string, string>,
): Promise<() => Promise<string>> {
  const told = follow(headers);
  await settle();
  return () => {
    draining.abort();
    return told.then((events) => textOf(events));
  };
}
