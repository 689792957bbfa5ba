import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { aliveMs, slowReaderCloseCode, stuckMs } from "../../api/core/watched-connection.ts";
import { settle } from "../support/clock.ts";
import type { Script } from "../rest/scripted-answerer.ts";
import { sendMessage, until, type Sent } from "./client.ts";
import { assemble, eventOf, followChat, followMessage } from "./events.ts";
import type { EventResult, EventShape } from "./events.ts";
import { listenPlatform, readResults, type Listening } from "./listen.ts";

let platform: Listening;
afterEach(async () => {
  vi.restoreAllMocks();
  await platform.close();
});

async function openTurn() {
  platform = await listenPlatform();
  const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, { input: { content: "?" } });
  const script = await platform.answerer.nextTurn();
  await until(() => platform.clock.timers === 0);
  return { ...platform, chatId: sent.chat.id, messageId: sent.answer.id, script };
}

/** Counts who waits in the log: for what comes in a turn, and for a turn of a chat. */
function countWaiters({ log }: Listening): () => number {
  let waiting = 0;
  const watch = async (wait: Promise<void>) => {
    waiting += 1;
    await wait.finally(() => (waiting -= 1));
  };
  const { follow, waitForTurn } = log;
  log.follow = (turn, isOver) => {
    const followed = follow(turn, isOver);
    if (!followed) return undefined;
    const { live, leave } = followed;
    return {
      live: {
        view: () => live.view(),
        get done() {
          return live.done;
        },
        wait: (signal) => watch(live.wait(signal)),
      },
      leave,
    };
  };
  log.waitForTurn = (tenantId, chatId, signal) => watch(waitForTurn(tenantId, chatId, signal));
  return () => waiting;
}

const sse = { Accept: "text/event-stream", "Content-Type": "application/json" };

describe("nothing is left behind", () => {
  test("when a subscription over graphql-ws completes while it waits for an event", async () => {
    const { chatId, script } = await openTurn();
    const waiting = countWaiters(platform);
    const socket = await platform.open();
    await socket.init();
    const payload = { query: followChat, variables: { chatId } };
    socket.send({ id: "1", type: "subscribe", payload });
    await socket.next();
    await until(() => waiting() > 0);
    const timers = platform.clock.timers;
    socket.send({ id: "1", type: "complete" });
    await until(() => waiting() === 0);
    // The same id can be used again, and finds its place.
    socket.send({ id: "1", type: "subscribe", payload });
    expect((await socket.next()).type).toBe("next");
    await until(() => waiting() > 0);
    expect(platform.clock.timers).toBe(timers);
    script.finish();
  });

  test("when a connection of graphql-ws breaks, with many subscriptions", async () => {
    const { chatId, script } = await openTurn();
    const waiting = countWaiters(platform);
    const socket = await platform.open();
    await socket.init();
    const payload = { query: followChat, variables: { chatId } };
    for (let id = 0; id < 20; id += 1) socket.send({ id: String(id), type: "subscribe", payload });
    await until(() => waiting() >= 20);
    socket.ws.terminate();
    await until(() => waiting() === 0 && platform.clock.timers === 0);
    script.finish();
    await until(() => platform.log.size === 0);
  });

  test("when a reader of server-sent events leaves, in a turn and between turns", async () => {
    const { chatId, script } = await openTurn();
    const waiting = countWaiters(platform);
    const body = JSON.stringify({ query: followChat, variables: { chatId } });
    for (const isBetween of [false, true]) {
      if (isBetween) {
        script.finish();
        await until(() => platform.log.size === 0);
      }
      const leaving = new AbortController();
      const { signal } = leaving;
      const lines = platform.logger.lines.length;
      const response = await fetch(platform.url, { method: "POST", headers: sse, body, signal });
      await until(() => waiting() > 0);
      expect(platform.logger.lines).toHaveLength(lines);
      leaving.abort();
      await response.body?.cancel().catch(() => "It broke off already");
      await until(() => waiting() === 0 && platform.clock.timers === 0);
      // One line for the request, when its stream is over.
      await until(() => platform.logger.lines.length === lines + 1);
    }
  });

  test("when a subscription was opened but never read", async () => {
    const { chatId, call, script } = await openTurn();
    const waiting = countWaiters(platform);
    const json = { query: followChat, variables: { chatId } };
    const response = await call("/graphql", { json, headers: { Accept: sse.Accept } });
    await response.body?.cancel();
    await until(() => waiting() === 0 && platform.clock.timers === 0);
    script.finish();
  });
});

const block = "x".repeat(1024 * 1024);

async function pushBlocks({ clock }: Listening, script: Script, count: number): Promise<void> {
  for (let pushed = 0; pushed < count; pushed += 1) {
    script.push(block);
    await settle();
    clock.advance(100);
    await settle();
  }
}

/** Lets time pass until the server cuts a connection. @returns milliseconds */
async function passUntilCut({ clock }: Listening): Promise<number> {
  const close = vi.spyOn(WebSocket.prototype, "close");
  const since = clock.now();
  while (!close.mock.calls.some(([code]) => code === slowReaderCloseCode)) {
    clock.advance(100);
    await settle();
    if (clock.now() - since > aliveMs) throw new Error("The connection was never cut");
  }
  return clock.now() - since;
}

describe("a reader that takes nothing", () => {
  test("over graphql-ws holds back neither the turn nor others, is cut after 30 s, and loses nothing", async () => {
    const { chatId, messageId, script } = await openTurn();
    const socket = await platform.open();
    await socket.init();
    socket.ws.pause();
    socket.send({
      id: "1",
      type: "subscribe",
      payload: { query: followChat, variables: { chatId } },
    });
    await until(() => platform.clock.timers > 0);
    await pushBlocks(platform, script, 16);
    const body = JSON.stringify({ query: followChat, variables: { chatId } });
    const reader = readResults<EventResult>(
      await fetch(platform.url, { method: "POST", headers: sse, body }),
    );
    await reader.next();
    let length = 0;
    while (length < 16 * block.length) {
      length += eventOf((await reader.next()) ?? {}).content?.length ?? 0;
    }
    expect(length).toBe(16 * block.length);
    await reader.leave();
    expect(await passUntilCut(platform)).toBeLessThanOrEqual(stuckMs);
    socket.ws.resume();
    expect((await socket.closed).code).toBe(slowReaderCloseCode);
    const seen = socket.messages.flatMap(({ type, payload }) =>
      type === "next" ? [eventOf(payload as EventResult)] : [],
    );
    script.finish();
    const rest = await readRest(messageId, seen.at(-1)?.place ?? "");
    expect(rest.length).toBeGreaterThan(1);
    expect(assemble([...seen, ...rest]).length).toBe(16 * block.length);
  });

  /** The events of a turn behind a place, to its end. */
  async function readRest(messageId: string, after: string): Promise<EventShape[]> {
    const body = JSON.stringify({ query: followMessage, variables: { messageId, after } });
    const reader = readResults<EventResult>(
      await fetch(platform.url, { method: "POST", headers: sse, body }),
    );
    const events: EventShape[] = [];
    for (let next = await reader.next(); next; next = await reader.next()) {
      events.push(eventOf(next));
    }
    return events;
  }

  test("over server-sent events is cut after a while", async () => {
    const { chatId, script } = await openTurn();
    await pushBlocks(platform, script, 16);
    const { port } = new URL(platform.url);
    const socket = connect({ port: Number(port), host: "127.0.0.1" });
    await once(socket, "connect");
    socket.pause();
    const body = JSON.stringify({ query: followChat, variables: { chatId } });
    const head = Object.entries(sse).map(([name, value]) => `${name}: ${value}`);
    socket.write(
      [
        `POST /graphql HTTP/1.1`,
        "Host: x",
        ...head,
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    );
    const closed = once(socket, "close");
    const lines = platform.logger.lines.length;
    await until(() => {
      platform.clock.advance(1000);
      return platform.logger.lines.length > lines;
    });
    let length = 0;
    socket.on("data", (bytes) => (length += bytes.length));
    socket.resume();
    await closed;
    expect(length).toBeLessThan(16 * block.length);
    script.finish();
  });
});
