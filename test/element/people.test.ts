import fc from "fast-check";
import { expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import type { FakeSocket } from "./support/fake-server.ts";
import {
  authenticated,
  chunk,
  complete,
  greeting,
  processing,
  refusal,
  start,
  userToken,
} from "./support/frames.ts";
import { stored, type RestCall } from "./support/fake-rest.ts";

/** What befalls a browser whose users come and go, and then some time. */
type Step = { ms: number } & (
  | { do: "sign"; who: "ann" | "bob" | undefined }
  | { do: "ask" | "list" | "reload" | "drop" | "expire" | "online" | "offline" | "connect" }
);

const ms = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 }), fc.constant(20_000));
const who = fc.constantFrom("ann", "bob", undefined);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("sign" as const), who, ms }),
  fc.record({
    do: fc.constantFrom("ask", "ask", "list", "reload", "drop", "expire", "online", "offline"),
    ms,
  }),
);

const journey = fc.array(step, { minLength: 4, maxLength: 25 });

/** Milliseconds that a frame or a request takes. */
const latency = 50;

interface World {
  /** A provider of tokens, or a token that is set. */
  readonly hasProvider: boolean;
  page: ClientBench;
  who: string | undefined;
  /** Tokens that were made. */
  tokens: number;
  questions: number;
  /** Visitors that were made; the one of a chat that was claimed is a user. */
  visitors: number;
  readonly chats: Map<string, { owner: string; texts: string[] }>;
  /** What must never be. */
  readonly leaks: string[];
}

function personOf(token: string): string {
  const { sub } = JSON.parse(atob(token.split(".")[1] ?? "")) as { sub: string };
  return sub;
}

function createWorld(hasProvider: boolean): World {
  const world: World = {
    hasProvider,
    page: createClientBench(),
    who: undefined,
    tokens: 0,
    questions: 0,
    visitors: 0,
    chats: new Map(),
    leaks: [],
  };
  const { server, rest, clock } = world.page;
  server.onOpen = (socket) => clock.after(latency, () => meet(world, socket));
  rest.intercept = async (call) => {
    await new Promise<void>((resolve) => clock.after(latency, resolve));
    return answer(world, call);
  };
  enter(world, world.page);
  return world;
}

/** Whoever has typed a question says so in it. */
const authorOf = (text: string) => text.split(":")[0] ?? "";

function enter(world: World, page: ClientBench): void {
  world.page = page;
  show(world);
  page.client.subscribe(({ messages, chats }) => {
    const shown = [
      ...messages.map(({ content }) => content),
      ...chats.map(({ title = "" }) => title),
    ];
    for (const text of shown) {
      const author = authorOf(text);
      if ((author === "ann" || author === "bob") && author !== world.who)
        world.leaks.push(`${world.who ?? "a visitor"} sees “${text}”`);
    }
  });
  page.client.connect();
}

/** The page says who is signed in, in one of the two ways. */
function show(world: World): void {
  const token = () =>
    world.who === undefined ? null : userToken(world.who, String((world.tokens += 1)));
  const shown = world.hasProvider ? { tokenProvider: token } : { token: token() ?? undefined };
  Object.assign(world.page.config, shown);
}

function meet(world: World, socket: FakeSocket): void {
  const { clock } = world.page;
  const { token, visitor } = socket.proofs;
  let user = token === undefined ? undefined : personOf(token);
  const made =
    user === undefined && visitor === undefined ? `v${(world.visitors += 1)}` : undefined;
  const visitorId = visitor ?? made;
  const isOpen = () => socket.readyState < 2;
  if (!isOpen()) return;
  socket.onFrame = (frame) =>
    clock.after(latency, () => {
      if (!isOpen()) return;
      if (frame.type === "auth") {
        const next = personOf(frame.data.token ?? "");
        if (user !== undefined && user !== next) return socket.push(refusal("INVALID_TOKEN"));
        user = next;
        return socket.push(authenticated(`user_${next}`));
      }
      if (frame.type !== "chat_message") return;
      const { message, chat_id, client_message_id } = frame.data;
      const author = authorOf(message);
      if ((author === "ann" || author === "bob") && author !== user)
        world.leaks.push(`${user ?? "a visitor"} asks “${message}”`);
      const owner = user ?? visitorId ?? "";
      const known = chat_id ? world.chats.get(chat_id) : undefined;
      const isReached = known?.owner === owner || known?.owner === visitorId;
      if (chat_id && !isReached)
        return socket.push(refusal("CHAT_NOT_FOUND", { client_message_id: client_message_id! }));
      const id = chat_id ?? `chat-${world.chats.size + 1}`;
      const chat = known ?? { owner, texts: [] };
      chat.texts.push(message);
      world.chats.set(id, chat);
      const turn = { chat_id: id, message_id: `a-${message}`, question_id: `q-${message}` };
      const ended = { ...turn, cursor: "1-end" };
      socket.push(processing(client_message_id, turn), start(1, turn.message_id));
      socket.push(chunk(`${author}: answer`, 0, 1, turn.message_id), complete(ended));
    });
  const user_id = user === undefined ? null : `user_${user}`;
  socket.push(greeting({ user_id, ...(made ? { visitor_token: made } : {}) }));
}

function answer(world: World, { method, path, headers, body }: RestCall): Response {
  const token = headers.get("Authorization")?.replace("Bearer ", "");
  const user = token === undefined ? undefined : personOf(token);
  const visitor = headers.get("X-Visitor-Token");
  if (path === "/auth/claim") {
    const { visitor_token } = body as { visitor_token: string };
    for (const chat of world.chats.values())
      if (chat.owner === visitor_token) chat.owner = user ?? "";
    return Response.json({ claimed: 1 });
  }
  const [, id] = path.split("/").filter(Boolean);
  const mine = [...world.chats].filter(([, { owner }]) => owner === user || owner === visitor);
  const at = "2030-01-01T00:00:00.000Z";
  if (id === undefined) {
    const items = mine.map(([chatId, { texts }]) => ({
      id: chatId,
      title: texts[0],
      created_at: at,
      updated_at: at,
    }));
    return Response.json({ items, next: null });
  }
  const chat = mine.find(([chatId]) => chatId === id)?.[1];
  if (!chat || method !== "GET")
    return Response.json({ error: { code: "CHAT_NOT_FOUND", message: "Gone" } }, { status: 404 });
  const items = chat.texts.map((text) => stored({ id: `q-${text}`, content: text }));
  return Response.json({ items, next: null });
}

function take(world: World, event: Step): void {
  const { page } = world;
  const socket = page.server.sockets.at(-1);
  switch (event.do) {
    case "sign":
      world.who = event.who;
      show(world);
      return page.client.authenticate();
    case "ask":
      // Visitors by number, since they may become anybody.
      world.questions += 1;
      return void page.client.ask(`${world.who ?? "somebody"}: ${world.questions}?`);
    case "list":
      return void page.client.loadChats();
    case "reload":
      return enter(world, page.reload());
    case "drop":
      return socket?.drop();
    case "expire":
      if (socket && socket.readyState === 1) socket.push(refusal("TOKEN_EXPIRED"));
      return socket?.drop(4401);
    case "connect":
      return page.client.connect();
    default:
      return page.signal(event.do);
  }
}

test("whatever happens, nobody sees or asks what another user of the browser has asked", async () => {
  await fc.assert(
    fc.asyncProperty(journey, fc.boolean(), async (steps, hasProvider) => {
      const world = createWorld(hasProvider);
      for (const event of steps) {
        take(world, event);
        await settle();
        for (let left = event.ms; left > 0; left -= 500) {
          world.page.clock.advance(Math.min(left, 500));
          await settle();
        }
      }
      expect(world.leaks).toEqual([]);
      expect(world.page.thrown).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
