import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { joinWindowMs } from "../../api/core/turns/pieces.ts";
import { slowReaderCloseCode, stuckMs } from "../../api/core/watched-connection.ts";
import { maxSubscriptions } from "../../api/ws/subscriptions.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import type { WsClient } from "../support/ws-client.ts";
import { makeChat } from "../contracts/store-fixtures.ts";
import { listenRaw, until, type RawPlatform } from "./listen.ts";

let platform: RawPlatform;
afterEach(async () => {
  vi.restoreAllMocks();
  await platform.close();
});

async function makeChatWith(title: string): Promise<string> {
  const chat = makeChat({ id: `chat_${title}`, title, ownerId: null });
  await platform.store.createChat(makeTenant("demo"), chat);
  return chat.id;
}

async function follow(client: WsClient, chat_id: string, after?: string): Promise<string> {
  client.send("subscribe", { chat_id, ...(after === undefined ? {} : { after }) });
  return (await client.until("subscribed")).data.place;
}

async function rename(chatId: string, title: string): Promise<void> {
  await platform.store.renameChat(makeTenant("demo"), chatId, title);
  platform.log.announceHere("demo", chatId);
}

describe("a connection that follows chats", () => {
  test("follows twenty, is refused one more, and has room again when it leaves one", async () => {
    platform = await listenRaw();
    const client = await platform.connect();
    const names = Array.from({ length: maxSubscriptions + 1 }, (_, number) => `n${number}`);
    const ids = await Promise.all(names.map(makeChatWith));
    const [first = "", ...rest] = ids;
    const oneMore = rest.pop() ?? "";
    for (const id of [first, ...rest]) await follow(client, id);
    client.send("subscribe", { chat_id: oneMore });
    expect((await client.until("error")).data).toMatchObject({
      error_code: "TOO_MANY_CONNECTIONS",
      chat_id: oneMore,
    });
    client.send("unsubscribe", { chat_id: first });
    await client.until("unsubscribed");
    await follow(client, oneMore);
    await rename(oneMore, "Heard");
    expect((await client.until("chat_changed")).data.chat).toMatchObject({ title: "Heard" });
  });

  test("is told the end of its own question's turn once, however it reads it", async () => {
    platform = await listenRaw();
    const { answerer } = platform;
    const chat_id = await makeChatWith("own");
    const client = await platform.connect();
    await follow(client, chat_id);
    for (const stream of [true, false]) {
      client.send("chat_message", { message: "?", chat_id, stream });
      const { message_id } = (await client.until("processing")).data;
      const script = await answerer.nextTurn();
      script.push("An answer");
      script.finish();
      await client.until("response_complete");
      await rename(chat_id, `After ${stream}`);
      await client.until("chat_changed");
      const told = client.frames.filter(
        ({ data }) => "message_id" in data && data.message_id === message_id,
      );
      const types = told.map(({ type }) => type).filter((type) => type.startsWith("response_"));
      expect(types.filter((type) => type === "response_complete")).toHaveLength(1);
      expect(types.at(-1)).toBe("response_complete");
    }
  });

  test("is told nothing more of a chat that becomes somebody's, and follows its others on", async () => {
    platform = await listenRaw();
    const { gate, store, accesses } = platform;
    const visitor_token = await gate.visitorTokens.issue("demo", "vis_one");
    const visitor = await platform.dial({ visitor_token });
    visitor.send("chat_message", { message: "?" });
    const { chat_id } = (await visitor.until("processing")).data;
    (await platform.answerer.nextTurn()).finish();
    await visitor.until("response_complete");
    const other = await makeChatWith("other");
    const stranger = await platform.connect();
    await follow(stranger, chat_id);
    await follow(stranger, other);
    expect(await store.moveChats(makeTenant("demo"), "vis_one", "user_ann")).toBe(1);
    accesses.change({ tenantId: "demo" });
    await rename(chat_id, "A secret of hers");
    expect((await stranger.until("error")).data).toMatchObject({
      error_code: "CHAT_NOT_FOUND",
      chat_id,
    });
    await rename(other, "Heard");
    expect((await stranger.until("chat_changed")).data.chat_id).toBe(other);
    expect(JSON.stringify(stranger.frames)).not.toContain("A secret of hers");
  });

  test("is told to come back when the server drains, and has missed nothing then", async () => {
    platform = await listenRaw();
    const id = await makeChatWith("kept");
    const client = await platform.connect();
    const place = await follow(client, id);
    platform.door.drain();
    expect(await client.closed).toBe(1012);
    expect(client.frames.at(-1)).toMatchObject({ type: "reconnect" });
    await rename(id, "Meanwhile");
    await platform.close();

    const { store } = platform;
    // The other process, on the same data.
    platform = await listenRaw({ turns: store });
    const back = await platform.connect();
    await follow(back, id, place);
    expect((await back.until("chat_changed")).data.chat).toMatchObject({ title: "Meanwhile" });
  });

  test("is cut when it takes nothing for 30 s, and finds how all stands from its last place on", async () => {
    platform = await listenRaw();
    const { answerer, clock } = platform;
    const asker = await platform.connect();
    const stalled = await platform.connect();
    const chat_id = await makeChatWith("large");
    await follow(stalled, chat_id);
    asker.send("chat_message", { message: "?", chat_id });
    const script = await answerer.nextTurn();
    await stalled.until("response_start");
    stalled.ws.pause();
    const close = vi.spyOn(WebSocket.prototype, "close");
    const block = "x".repeat(256 * 1024);
    for (let count = 0; count < 64; count += 1) {
      script.push(block);
      await settle();
      clock.advance(joinWindowMs);
      await asker.until("response_chunk");
    }
    const since = clock.now();
    while (!close.mock.calls.some(([code]) => code === slowReaderCloseCode)) {
      expect(clock.now() - since).toBeLessThanOrEqual(stuckMs);
      clock.advance(1000);
      asker.send("ping");
      await asker.until("pong");
    }
    script.finish();
    await asker.until("response_complete");
    stalled.ws.resume();
    expect(await stalled.closed).toBe(slowReaderCloseCode);
    const places = stalled.frames.flatMap(({ data }) =>
      data && "place" in data ? data.place : [],
    );

    const back = await platform.connect();
    await follow(back, chat_id, places.at(-1));
    await until(() =>
      back.frames.some(
        ({ type, data }) =>
          type === "message_changed" && data.message.content.length === 64 * block.length,
      ),
    );
  });
});
