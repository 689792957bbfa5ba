import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { sendMessage, until, type Sent } from "./client.ts";
import { assemble, eventOf, followChat, followMessage } from "./events.ts";
import type { EventResult, EventShape } from "./events.ts";
import { listenPlatform, readResults, type Listening, type RawSocket } from "./listen.ts";

let platform: Listening;
beforeEach(async () => {
  platform = await listenPlatform();
});
afterEach(() => platform.close());

const farewell = { code: 1012, reason: "The server restarts: come back and resume" };
const sse = { Accept: "text/event-stream", "Content-Type": "application/json" };

function drain(): void {
  platform.draining.abort();
  platform.graphql.drain();
}

async function openSocket(): Promise<RawSocket> {
  const socket = await platform.open();
  await socket.init();
  return socket;
}

async function openTurn() {
  const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, { input: { content: "?" } });
  const script = await platform.answerer.nextTurn();
  return { chatId: sent.chat.id, messageId: sent.answer.id, script };
}

function subscribe(socket: RawSocket, query: string, variables: object, id = "1"): void {
  socket.send({ id, type: "subscribe", payload: { query, variables } });
}

const typesOf = ({ messages }: RawSocket) => messages.map(({ type }) => type);

/** The events of a subscription that came so far. */
function eventsOf({ messages }: RawSocket): EventShape[] {
  return messages
    .filter(({ type }) => type === "next")
    .map(({ payload }) => eventOf(payload as EventResult));
}

describe("a socket of graphql-ws, when the server drains,", () => {
  test("is closed at once where nothing is under way, also before its first message", async () => {
    const [idle, silent] = [await openSocket(), await platform.open()];
    drain();
    expect(await idle.closed).toEqual(farewell);
    expect(await silent.closed).toEqual(farewell);
  });

  test("is closed when its last operation has ended, with the whole answer", async () => {
    const { messageId, script } = await openTurn();
    const socket = await openSocket();
    subscribe(socket, followMessage, { messageId });
    await socket.next();
    drain();
    script.push("To the end");
    script.finish();
    expect(await socket.closed).toEqual(farewell);
    expect(assemble(eventsOf(socket))).toBe("To the end");
    expect(typesOf(socket).at(-1)).toBe("complete");
  });

  test("that follows a chat is closed when the turn under way has ended, and its subscription stays open for the client", async () => {
    const { chatId, script } = await openTurn();
    const socket = await openSocket();
    subscribe(socket, followChat, { chatId });
    await socket.next();
    drain();
    script.push("To the end");
    script.finish();
    expect(await socket.closed).toEqual(farewell);
    expect(assemble(eventsOf(socket))).toBe("To the end");
    expect(typesOf(socket)).not.toContain("complete");
    await until(() => platform.clock.timers === 0);
  });

  test("that follows a chat between two turns is closed at once, without completing", async () => {
    const { chatId, messageId, script } = await openTurn();
    script.finish();
    await until(() => platform.log.size === 0);
    const socket = await openSocket();
    subscribe(socket, followChat, { chatId, after: messageId });
    for (let count = 0; count < 2; count += 1) await socket.next();
    drain();
    expect(await socket.closed).toEqual(farewell);
    expect(typesOf(socket)).not.toContain("complete");
  });

  test("that follows two chats is closed when both have paused", async () => {
    const [first, second] = [await openTurn(), await openTurn()];
    const socket = await openSocket();
    subscribe(socket, followChat, { chatId: first.chatId }, "1");
    subscribe(socket, followChat, { chatId: second.chatId }, "2");
    for (let count = 0; count < 2; count += 1) await socket.next();
    drain();
    first.script.finish();
    expect((await socket.next()).payload).toMatchObject({
      data: { turnEvents: { __typename: "ResponseComplete" } },
    });
    socket.send({ type: "ping" });
    expect((await socket.next()).type).toBe("pong");
    // Its client may leave what has paused; the other one is read on.
    socket.send({ id: "1", type: "complete" });
    socket.send({ type: "ping" });
    expect((await socket.next()).type).toBe("pong");
    second.script.push("All");
    second.script.finish();
    expect(await socket.closed).toEqual(farewell);
    const events = eventsOf(socket).filter((event) => event.chatId === second.chatId);
    expect(assemble(events)).toBe("All");
    await until(() => platform.clock.timers === 0);
  });

  test("answers what is under way before it is closed", async () => {
    const socket = await openSocket();
    const { saveTurn } = platform.store;
    const saving = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    platform.store.saveTurn = async (...args) => {
      asked.resolve();
      await saving.promise;
      return saveTurn(...args);
    };
    subscribe(socket, sendMessage, { input: { content: "?" } });
    await asked.promise;
    drain();
    await settle();
    saving.resolve();
    expect((await socket.next()).payload).toMatchObject({ data: { sendMessage: {} } });
    expect(await socket.closed).toEqual(farewell);
    (await platform.answerer.nextTurn()).finish();
  });

  test("is let in no more", async () => {
    drain();
    expect(await (await platform.open()).closed).toEqual(farewell);
  });
});

describe("server-sent events of GraphQL, when the server drains,", () => {
  const follow = async (query: string, variables: object) => {
    const body = JSON.stringify({ query, variables });
    return readResults<EventResult>(
      await fetch(platform.url, { method: "POST", headers: sse, body }),
    );
  };
  const restart = { errors: [{ extensions: { code: "SERVICE_UNAVAILABLE", retryAfter: 1 } }] };

  test("of a chat end when the turn under way has ended, and say why", async () => {
    const { chatId, script } = await openTurn();
    const reader = await follow(followChat, { chatId });
    const events = [eventOf((await reader.next()) ?? {})];
    drain();
    script.push("To the end");
    script.finish();
    for (let count = 0; count < 2; count += 1) events.push(eventOf((await reader.next()) ?? {}));
    expect(assemble(events)).toBe("To the end");
    expect(await reader.next()).toMatchObject(restart);
    expect(await reader.next()).toBeUndefined();
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("of a chat end at once between two turns", async () => {
    const { chatId, messageId, script } = await openTurn();
    script.finish();
    const reader = await follow(followChat, { chatId, after: messageId });
    for (let count = 0; count < 2; count += 1) await reader.next();
    drain();
    expect(await reader.next()).toMatchObject(restart);
    expect(await reader.next()).toBeUndefined();
  });

  test("of one turn end with it, as ever", async () => {
    const { messageId, script } = await openTurn();
    const reader = await follow(followMessage, { messageId });
    await reader.next();
    drain();
    script.finish();
    expect(eventOf((await reader.next()) ?? {}).__typename).toBe("ResponseComplete");
    expect(await reader.next()).toBeUndefined();
  });
});
