import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { assemble, openWs, RefusedError, type WsClient } from "../support/ws-client.ts";
import { listenRaw, until, type RawPlatform } from "./listen.ts";

let platform: RawPlatform;
beforeEach(async () => {
  platform = await listenRaw();
});
afterEach(() => platform.close());

const reconnect = {
  type: "reconnect",
  data: { message: "The server restarts: come back and resume", retry_after: 1 },
};

/** Takes what is left to the end of the connection. */
async function leave(client: WsClient) {
  const code = await client.closed;
  return { code, last: client.frames.at(-1) };
}

async function ask(client: WsClient) {
  client.send("chat_message", { message: "?" });
  const { data } = await client.until("processing");
  const script = await platform.answerer.nextTurn();
  return { ...data, script };
}

const address = () => `ws://127.0.0.1:${platform.port}/ws`;

describe("when the server drains", () => {
  test("who reads nothing is told to come back at once", async () => {
    const client = await platform.connect();
    platform.door.drain();
    expect(await leave(client)).toEqual({ code: 1012, last: reconnect });
  });

  test("who reads a turn is told so when it has ended, and has the whole answer by then", async () => {
    const client = await platform.connect();
    const { script, message_id } = await ask(client);
    platform.door.drain();
    script.push("To the ");
    await client.until("response_chunk");
    client.send("ping");
    await client.until("pong");
    script.push("end");
    script.finish();
    expect(await leave(client)).toEqual({ code: 1012, last: reconnect });
    expect(assemble(client.frames, message_id)).toMatchObject({ text: "To the end", ends: [{}] });
  });

  test("who reads several turns reads all of them", async () => {
    const client = await platform.connect();
    const first = await ask(client);
    client.send("chat_message", { message: "?", chat_id: null, stream: false });
    await client.until("processing");
    const second = await platform.answerer.nextTurn();
    platform.door.drain();
    first.script.finish();
    await client.until("response_complete");
    second.push("All of it");
    second.finish();
    expect((await leave(client)).code).toBe(1012);
    expect(client.frames.filter(({ type }) => type === "response_complete")).toHaveLength(2);
  });

  test("a question that is being saved is answered before its connection is closed", async () => {
    await platform.close();
    const saving = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    platform = await listenRaw();
    const { saveTurn } = platform.store;
    platform.store.saveTurn = async (...args) => {
      asked.resolve();
      await saving.promise;
      return saveTurn(...args);
    };
    const client = await platform.connect();
    client.send("chat_message", { message: "?" });
    await asked.promise;
    platform.door.drain();
    await settle();
    saving.resolve();
    const { data } = await client.until("processing");
    const script = await platform.answerer.nextTurn();
    script.push("Saved in time");
    script.finish();
    expect(await leave(client)).toEqual({ code: 1012, last: reconnect });
    expect(assemble(client.frames, data.message_id).text).toBe("Saved in time");
  });

  test("ping, resume and cancel are answered as before, and questions are refused", async () => {
    const client = await platform.connect();
    const { message_id } = await ask(client);
    void platform.runner.close(60_000);
    platform.door.drain();
    client.send("chat_message", { message: "One more" });
    const { data } = await client.until("error");
    expect(data).toMatchObject({ error_code: "SERVICE_UNAVAILABLE" });
    client.send("ping");
    await client.until("pong");
    client.send("resume", { message_id });
    await client.until("response_start");
    client.send("cancel", { message_id });
    const { data: end } = await client.until("response_complete");
    expect(end.finish_reason).toBe("cancelled");
    expect((await leave(client)).code).toBe(1012);
  });

  test("who reads nothing but has frames under way gets their answers first", async () => {
    const client = await platform.connect();
    const { message_id, script } = await ask(client);
    script.finish();
    await client.until("response_complete");
    const looked = Promise.withResolvers<void>();
    const looking = Promise.withResolvers<void>();
    const { findMessage } = platform.store;
    platform.store.findMessage = async (...args) => {
      looking.resolve();
      await looked.promise;
      return findMessage(...args);
    };
    client.send("resume", { message_id });
    await looking.promise;
    platform.door.drain();
    looked.resolve();
    await client.until("response_complete");
    expect((await leave(client)).code).toBe(1012);
  });

  test("a new client is refused with 503 and the second to come back in", async () => {
    platform.door.drain();
    const refused = await openWs(address(), { tenant_id: "demo" }).catch((error: unknown) => error);
    if (!(refused instanceof RefusedError)) throw new Error("It was let in");
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    expect(JSON.parse(await refused.body).error.code).toBe("SERVICE_UNAVAILABLE");
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("a page gets a frame and a close code for that", async () => {
    platform.door.drain();
    const page = await openWs(
      address(),
      { tenant_id: "demo" },
      { origin: "http://localhost:3000" },
    );
    expect(await leave(page)).toEqual({ code: 1012, last: reconnect });
    expect(page.frames).toHaveLength(1);
  });

  test("a handshake under way is refused too", async () => {
    const counted = Promise.withResolvers<void>();
    const counting = Promise.withResolvers<void>();
    await platform.close();
    platform = await listenRaw({ limits: { enabled: true, requestsPerMinute: 60, burst: 0 } });
    const { take } = platform.limiter;
    platform.limiter.take = async (...args) => {
      counting.resolve();
      await counted.promise;
      return take(...args);
    };
    const opening = openWs(address(), { tenant_id: "demo" }).catch((error: unknown) => error);
    await counting.promise;
    platform.door.drain();
    counted.resolve();
    expect(await opening).toMatchObject({ status: 503 });
  });
});

describe("when the server closes", () => {
  test("all that are left are told to come back, also in the middle of a turn", async () => {
    const client = await platform.connect();
    const { script, message_id } = await ask(client);
    script.push("Half");
    await client.until("response_chunk");
    platform.door.drain();
    await platform.door.close();
    expect(await leave(client)).toEqual({ code: 1012, last: reconnect });
    expect(assemble(client.frames, message_id)).toMatchObject({ text: "Half", ends: [] });
    await until(() => platform.clock.timers === 0);
    script.finish();
  });

  test("one that doesn't answer is ended after a second, and reads nothing meanwhile", async () => {
    let reading = 0;
    const { follow } = platform.log;
    platform.log.follow = (...args) => {
      const followed = follow(...args);
      if (!followed) return undefined;
      reading += 1;
      return {
        live: followed.live,
        leave() {
          reading -= 1;
          followed.leave();
        },
      };
    };
    const client = await platform.connect();
    const { script } = await ask(client);
    client.ws.pause();
    expect(reading).toBe(1);
    const closed = platform.door.close();
    await settle();
    expect(reading).toBe(0);
    expect(platform.clock.timers).toBeGreaterThan(0);
    platform.clock.advance(1000);
    await closed;
    await until(() => platform.clock.timers === 0);
    script.finish();
  });
});
