import { once } from "node:events";
import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { heartbeatMs, stuckMs } from "../../api/rest/event-stream.ts";
import { turnSchema } from "../../api/rest/wire.ts";
import { settle } from "../support/clock.ts";
import { listen } from "./listen.ts";
import { createPlatform, messagePage, prefix, readBody } from "./platform.ts";
import type { Script } from "./scripted-answerer.ts";
import { readEvents, textOf, type SseEvent } from "./sse.ts";

let server: Awaited<ReturnType<typeof listen>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Parameters<typeof createPlatform>[0] = {}) {
  const platform = createPlatform(options);
  const listening = await listen(platform.http.fetch);
  server = listening;
  const { id } = await platform.makeChat();
  const path = `${prefix}/chat/${id}`;
  const post = (content: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${listening.url}${path}/messages`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ content }),
      signal: signal ?? null,
    });
  return { ...platform, server: listening, path, post };
}

/** Lets the network go on until something holds. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("It never came to hold");
    await settle();
  }
}

test("over a real connection a turn's events arrive one by one, uncompressed", async () => {
  const { post, answerer } = await start();
  const response = await post("?", { Accept: "text/event-stream", "Accept-Encoding": "gzip" });
  expect(response.headers.get("content-encoding")).toBeNull();
  const reader = readEvents(response);
  const script = await answerer.nextTurn();
  expect((await reader.next())?.event).toBe("response_start");
  script.push("Hello");
  expect((await reader.next())?.frame.data).toMatchObject({ content: "Hello" });
  script.finish();
  expect((await reader.rest()).map(({ event }) => event)).toEqual(["response_complete"]);
});

test("a reader that closes its connection is released, and the turn goes on", async () => {
  const { post, answerer, clock, call, path, log, logger } = await start();
  const leaving = new AbortController();
  const response = await post("?", { Accept: "text/event-stream" }, leaving.signal);
  const script = await answerer.nextTurn();
  const reader = readEvents(response);
  await reader.next();
  await until(() => clock.timers === 1);
  leaving.abort();
  await until(() => clock.timers === 0);
  await until(() =>
    logger.lines.some(
      ({ fields }) => "route" in fields && fields.route === `${prefix}/chat/:chat_id/messages`,
    ),
  );
  script.push("to the end");
  script.finish();
  await until(() => log.size === 0);
  const { items } = await readBody(await call(`${path}/messages`), messagePage);
  expect(items[1]).toMatchObject({ content: "to the end", status: "complete" });
});

test("a caller who hangs up while it waits for the answer is released, and the turn goes on", async () => {
  const { post, answerer, call, path, log, logger } = await start();
  const leaving = new AbortController();
  const pending = post("?", {}, leaving.signal);
  const script = await answerer.nextTurn();
  const lines = logger.lines.length;
  leaving.abort();
  await expect(pending).rejects.toThrow();
  await until(() => logger.lines.length > lines);
  expect(log.size).toBe(1);
  script.finish();
  await until(() => log.size === 0);
  const { items } = await readBody(await call(`${path}/messages`), messagePage);
  expect(items[1]?.status).toBe("complete");
});

test("an idle follower keeps its connection by heartbeats and is released when it goes", async () => {
  const {
    server: { url },
    path,
    clock,
  } = await start();
  const leaving = new AbortController();
  const response = await fetch(`${url}${path}/events`, { signal: leaving.signal });
  const reader = readEvents(response);
  const pending = reader.next();
  await until(() => clock.timers === 2);
  clock.advance(heartbeatMs);
  await until(() => reader.comments.length === 1);
  leaving.abort();
  await expect(pending).rejects.toThrow();
  await until(() => clock.timers === 0);
});

type Started = Awaited<ReturnType<typeof start>>;

/** Asks for the events of a chat over a bare connection and takes nothing of them. */
async function openUnread({ server: listening, path }: Started): Promise<Socket> {
  const socket = listening.connect();
  await once(socket, "connect");
  socket.pause();
  socket.write(`GET ${path}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

const block = "x".repeat(1024 * 1024);

async function pushBlocks({ clock }: Started, script: Script, count: number): Promise<void> {
  for (let pushed = 0; pushed < count; pushed += 1) {
    script.push(block);
    await settle();
    clock.advance(100);
    await settle();
  }
}

/** Counts how often readers look for something new. */
function countLooks(chat: Started): () => number {
  let looks = 0;
  const follow = chat.log.follow.bind(chat.log);
  chat.log.follow = (turn, isOver) => {
    const followed = follow(turn, isOver);
    if (!followed) return undefined;
    const { live, leave } = followed;
    const view = () => {
      looks += 1;
      return live.view();
    };
    return {
      live: {
        view,
        wait: (signal) => live.wait(signal),
        get done() {
          return live.done;
        },
      },
      leave,
    };
  };
  return () => looks;
}

/** How long the text is behind this event. */
function lengthOf(event: SseEvent | undefined): number {
  const { offset = 0, content = "" } = event?.frame.data ?? {};
  return Number(offset) + String(content).length;
}

test("a reader that takes nothing holds back neither the turn nor other readers, and nothing is made for it", async () => {
  const chat = await start();
  const { reply } = await readBody(await chat.post("?", { Prefer: "respond-async" }), turnSchema);
  const script = await chat.answerer.nextTurn();
  const looks = countLooks(chat);
  const socket = await openUnread(chat);
  await until(() => looks() > 0);
  // More than the buffers of a connection take.
  await pushBlocks(chat, script, 16);
  const whenFull = looks();
  await pushBlocks(chat, script, 16);
  expect(looks()).toBe(whenFull);

  const reader = readEvents(await chat.call(`${chat.path}/events?last_event_id=${reply.id}`));
  const seen: SseEvent[] = [];
  while (lengthOf(seen.at(-1)) < 32 * block.length) {
    const event = await reader.next();
    if (event) seen.push(event);
  }
  expect(textOf(seen).length).toBe(32 * block.length);
  await reader.leave();
  script.finish();
  await until(() => chat.log.size === 0);
  socket.destroy();
  await until(() => chat.clock.timers === 0);
});

test("a reader that is stuck for long is cut", async () => {
  const chat = await start();
  await chat.post("?", { Prefer: "respond-async" });
  const script = await chat.answerer.nextTurn();
  await pushBlocks(chat, script, 16);
  const looks = countLooks(chat);
  const socket = await openUnread(chat);
  const closed = once(socket, "close");
  await until(() => looks() > 1);
  for (let waited = 0; waited <= stuckMs; waited += 1000) {
    expect(socket.destroyed).toBe(false);
    await settle();
    chat.clock.advance(1000);
  }
  await until(() => chat.clock.timers === 0);
  let length = 0;
  socket.on("data", (bytes) => (length += bytes.length));
  socket.resume();
  await closed;
  expect(length).toBeLessThan(16 * block.length);
  script.finish();
});
