import { afterEach, describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { createChat, until, type Created, type Headings } from "./client.ts";
import { followChat, type EventResult } from "./events.ts";
import { listenPlatform, readResults, type Listening } from "./listen.ts";

let platform: Listening;
afterEach(() => platform.close());

const claimChats = `mutation ($token: String!) { claimChats(input: { visitorToken: $token }) { claimed } }`;
const ask = `mutation ($id: ID!) { sendMessage(input: { chatId: $id, content: "?" }) { answer { id } } }`;

/** A visitor's chat under `chat_access: link`. */
async function open() {
  platform = await listenPlatform();
  const { access, accesses, answerer, clock, tenants } = platform;
  const { chat, visitorToken } = (await platform.ask<Created>(createChat)).createChat;
  const user = await access.makeUser("demo", "ann");
  const asUser: Headings = { Authorization: `Bearer ${await access.tokenOf(user)}` };
  const asVisitor: Headings = { "X-Visitor-Token": visitorToken ?? "" };
  return {
    chatId: chat.id,
    asUser,
    asVisitor,
    /** A turn from its question to its end. */
    async talk(text: string, headers: Headings) {
      await platform.ask(ask, { id: chat.id }, headers);
      const script = await answerer.nextTurn();
      script.push(text);
      await settle();
      clock.advance(100);
      script.finish();
      await until(() => platform.log.size === 0);
    },
    async claim() {
      const variables = { token: visitorToken };
      expect(await platform.ask(claimChats, variables, asUser)).toEqual({
        claimChats: { claimed: 1 },
      });
    },
    async askForProof() {
      tenants.set(makeTenant("demo", { chat_access: "visitor" }));
      accesses.change({ tenantId: "demo" });
      await settle();
    },
  };
}

type World = Awaited<ReturnType<typeof open>>;
type Follow = (chatId: string, query?: string) => Promise<() => Promise<EventResult | undefined>>;

const overEvents: Follow = async (chatId, query = followChat) => {
  const reader = readResults<EventResult>(
    await platform.call("/graphql", {
      json: { query, variables: { chatId } },
      headers: { Accept: "text/event-stream" },
    }),
  );
  return reader.next;
};

const overSockets: Follow = async (chatId, query = followChat) => {
  const socket = await platform.open();
  await socket.init();
  socket.send({ id: "1", type: "subscribe", payload: { query, variables: { chatId } } });
  return async () => {
    const { type, payload } = await socket.next();
    return type === "complete" ? undefined : (payload as EventResult);
  };
};

/** Every result to the end. */
async function readAll(next: Awaited<ReturnType<Follow>>): Promise<EventResult[]> {
  const results: EventResult[] = [];
  for (let result = await next(); result; result = await next()) results.push(result);
  return results;
}

const textOf = (results: readonly EventResult[]) =>
  results.map(({ data }) => data?.turnEvents?.content ?? "").join("");
const codesOf = (result: EventResult | undefined) =>
  result?.errors?.map(({ extensions }) => extensions?.code);

const ways: [name: string, follow: Follow][] = [
  ["over server-sent events", overEvents],
  ["over graphql-ws", overSockets],
];

const losses: [
  name: string,
  lose: (world: World) => Promise<void>,
  owner: (world: World) => Headings,
][] = [
  ["a user claims it", ({ claim }) => claim(), ({ asUser }) => asUser],
  [
    "the tenant asks for the visitor's token",
    ({ askForProof }) => askForProof(),
    ({ asVisitor }) => asVisitor,
  ],
];

describe.each(ways)("%s a stranger's subscription to a chat", (_way, follow) => {
  test.each(losses)("ends before the next turn once %s", async (_name, lose, owner) => {
    const world = await open();
    const told = readAll(await follow(world.chatId));
    await settle();
    await world.talk("For all", world.asVisitor);
    await lose(world);
    await world.talk("Secret", owner(world));
    const results = await told;
    expect(codesOf(results.at(-1))).toEqual(["CHAT_NOT_FOUND"]);
    expect(textOf(results)).toBe("For all");
  });

  test("tells a turn that is being read to its end, and by then nothing else of the chat", async () => {
    const world = await open();
    const query = `subscription ($chatId: ID!) { turnEvents(chatId: $chatId) {
      ... on ResponseChunk { content }
      ... on ResponseComplete { message { content chat { messages { edges { node { content } } } } } }
    } }`;
    const next = await follow(world.chatId, query);
    await platform.ask(ask, { id: world.chatId }, world.asVisitor);
    const script = await platform.answerer.nextTurn();
    script.push("Begun");
    expect(await next()).toMatchObject({ data: { turnEvents: {} } });
    expect(await next()).toMatchObject({ data: { turnEvents: { content: "Begun" } } });
    await world.claim();
    script.finish();
    expect(await next()).toEqual({
      data: { turnEvents: { message: { content: "Begun", chat: null } } },
    });
    platform.clock.advance(10_000);
    expect(codesOf(await next())).toEqual(["CHAT_NOT_FOUND"]);
  });
});

test("a visitor keeps the messages of a chat that their own question makes", async () => {
  platform = await listenPlatform({
    tenants: [makeTenant("demo", { chat_access: "visitor" })],
    pieces: ["Hi"],
  });
  const made = await platform.ask(
    `mutation { sendMessage(input: { content: "?" }) { answer { chat { id } } } }`,
  );
  expect(made).toEqual({
    sendMessage: { answer: { chat: { id: expect.stringMatching(/^chat_/) } } },
  });
});
