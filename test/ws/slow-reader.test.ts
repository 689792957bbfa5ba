import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createIdentity } from "../../api/ws/identity.ts";
import { createSession } from "../../api/ws/session.ts";
import type { Socket } from "../../api/ws/connection.ts";
import { joinWindowMs } from "../../api/core/turns/pieces.ts";
import {
  aliveMs,
  pingMs,
  slowReaderCloseCode,
  stuckMs,
} from "../../api/core/watched-connection.ts";
import { settle } from "../support/clock.ts";
import { makeCaller } from "../support/core.ts";
import { assemble, type WsClient } from "../support/ws-client.ts";
import type { Script } from "../rest/scripted-answerer.ts";
import { listenRaw, until, type RawPlatform } from "./listen.ts";

let platform: RawPlatform;
afterEach(async () => {
  vi.restoreAllMocks();
  await platform.close();
});

const block = "x".repeat(256 * 1024);

/** Publishes each text as one piece. */
async function publish(script: Script, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    script.push(text);
    await settle();
    platform.clock.advance(joinWindowMs);
    await settle();
  }
}

/** Lets time pass until the server cuts a connection. @returns milliseconds */
async function passUntilCut(): Promise<number> {
  const close = vi.spyOn(WebSocket.prototype, "close");
  const since = platform.clock.now();
  while (!close.mock.calls.some(([code]) => code === slowReaderCloseCode)) {
    platform.clock.advance(100);
    await settle();
    if (platform.clock.now() - since > aliveMs) throw new Error("It was never cut");
  }
  return platform.clock.now() - since;
}

async function ask(client: WsClient, more: object = {}) {
  client.send("chat_message", { message: "?", ...more });
  const { data } = await client.until("processing");
  const script = await platform.answerer.nextTurn();
  return { messageId: data.message_id, script };
}

describe("a reader that takes nothing", () => {
  test("is cut with 4408 after 30 s, loses nothing, and gets exactly the rest when it comes back", async () => {
    platform = await listenRaw();
    const stalled = await platform.connect();
    const { messageId, script } = await ask(stalled);
    await stalled.until("response_start");
    stalled.ws.pause();
    const texts = Array.from({ length: 64 }, (_, index) => block.replace("xx", `${index}`));
    await publish(script, texts);
    expect(await passUntilCut()).toBeLessThanOrEqual(stuckMs);
    stalled.ws.resume();
    expect(await stalled.closed).toBe(4408);
    const seen = assemble(stalled.frames, messageId);
    expect(seen.ends).toEqual([]);
    expect(seen.text.length).toBeLessThan(64 * block.length);

    const back = await platform.connect();
    back.send("resume", { message_id: messageId, cursor: seen.cursor });
    script.finish();
    await back.until("response_complete");
    const whole = assemble([...stalled.frames, ...back.frames], messageId);
    expect(whole.text).toBe(texts.join(""));
    expect(whole.ends).toHaveLength(1);
  });

  test("holds back neither the turn nor another reader", async () => {
    platform = await listenRaw();
    const stalled = await platform.connect();
    const { messageId, script } = await ask(stalled);
    const other = await platform.connect();
    other.send("resume", { message_id: messageId });
    await other.until("response_start");
    stalled.ws.pause();
    for (let count = 0; count < 64; count += 1) {
      await publish(script, [block]);
      await other.until("response_chunk");
    }
    script.finish();
    await other.until("response_complete");
    expect(assemble(other.frames, messageId).text.length).toBe(64 * block.length);
  });

  test("of a whole answer larger than 1 MiB is cut too, and a slow one gets it", async () => {
    platform = await listenRaw();
    const [slow, stalled] = [await platform.connect(), await platform.connect()];
    const { messageId, script } = await ask(slow, { stream: false });
    stalled.send("resume", { message_id: messageId, stream: false });
    stalled.send("ping");
    await stalled.until("pong");
    await publish(
      script,
      Array.from({ length: 64 }, () => block),
    );
    stalled.ws.pause();
    slow.ws.pause();
    script.finish();
    await until(() => platform.log.size === 0);
    for (let second = 0; second < 29; second += 1) platform.clock.advance(1000);
    slow.ws.resume();
    await slow.until("response_complete");
    const { text, chunks } = assemble(slow.frames, messageId);
    expect([text.length, chunks]).toEqual([64 * block.length, 1]);
    await passUntilCut();
    stalled.ws.resume();
    expect(await stalled.closed).toBe(4408);
    expect(assemble(stalled.frames, messageId).ends).toEqual([]);
  });
});

describe("a half-open connection", () => {
  test("is ended when it has answered no ping for 35 s, and its reading with it", async () => {
    platform = await listenRaw();
    const client = await platform.connect();
    const { script } = await ask(client);
    client.ws.pause();
    platform.clock.advance(aliveMs - 1);
    await settle();
    expect(await platform.metrics.print()).toContain("miptech_websocket_connections 1\n");
    platform.clock.advance(1);
    await until(() => platform.clock.timers === 0);
    client.ws.resume();
    expect(await client.closed).toBe(1006);
    expect(platform.log.size).toBe(1);
    script.finish();
  });

  test("is none that answers the pings, however quiet it is", async () => {
    platform = await listenRaw();
    const client = await platform.connect();
    let pings = 0;
    client.ws.on("ping", () => (pings += 1));
    for (let beat = 1; beat <= 10; beat += 1) {
      platform.clock.advance(pingMs);
      await until(() => pings === beat);
      // The answer to the ping goes first.
      client.send("ping");
      await client.until("pong");
    }
  });
});

test("a published piece is serialised once, and all its readers hold the same bytes", async () => {
  platform = await listenRaw();
  const client = await platform.connect();
  const { messageId, script } = await ask(client);
  const sent: (Uint8Array | undefined)[][] = [];
  for (let count = 0; count < 5; count += 1) {
    const frames: (Uint8Array | undefined)[] = [];
    sent.push(frames);
    const socket: Socket = {
      send: () => undefined,
      close: () => undefined,
      end: () => undefined,
      async offer(make) {
        frames.push(make());
      },
    };
    const tenant = await platform.tenants.findTenant("demo");
    if (!tenant) throw new Error("There is no tenant");
    const caller = makeCaller({ tenant });
    const page = { origin: undefined, own: "http://localhost", isSameOrigin: false };
    const access = await platform.accesses.open(caller, page, () => undefined);
    const handshake = { clientId: "client_1", userId: undefined, page, awaitsProof: false };
    const identity = createIdentity(
      platform.gate,
      { ...handshake, caller, visitorToken: undefined },
      access,
    );
    const { gate, start, reader, logger } = platform;
    const session = createSession({ gate, start, reader, logger }, identity, socket);
    await session.receive(JSON.stringify({ type: "resume", data: { message_id: messageId } }));
  }
  await publish(script, ["One ", "two ", "three"]);
  const [first = [], ...others] = sent;
  expect(first).toHaveLength(4);
  for (const frames of others) {
    expect(frames.slice(1).every((frame, index) => frame === first[index + 1])).toBe(true);
  }
  script.finish();
});
