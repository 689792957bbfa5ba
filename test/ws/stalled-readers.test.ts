import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pauseAbove, slowReaderCloseCode, stuckMs } from "../../api/core/watched-connection.ts";
import { textOf } from "../rest/sse.ts";
import { assemble, type WsClient } from "../support/ws-client.ts";
import { startStalledServer } from "./stalled-process.ts";

let server: Awaited<ReturnType<typeof startStalledServer>>;
beforeEach(async () => {
  server = await startStalledServer();
});
afterEach(() => server.close());

const stalledCount = 500;
// Published within a second, so that those who stall with the first are cut when those are who stall with the last.
const pieces = Array.from({ length: 20 }, (_, index) => `${index} ${"€".repeat(8000)}`);
const whole = ["Once. ", ...pieces].join("");

/** A turn that has begun, and six who read it. */
async function openTurn() {
  const asker = await server.connect();
  asker.send("chat_message", { message: "?" });
  const { message_id, chat_id } = (await asker.until("processing")).data;
  const others = await Promise.all(Array.from({ length: 5 }, server.connect));
  for (const client of others) client.send("resume", { message_id });
  await server.command({ do: "say", text: "Once. " });
  const healthy = [asker, ...others];
  for (const client of healthy) await client.until("response_chunk");
  return { message_id, chat_id, healthy };
}

/** Publishes all of the answer. @returns by how many bytes the server's memory has grown */
async function publish(): Promise<number> {
  const before = await server.command({ do: "measure" });
  for (const text of pieces) await server.command({ do: "say", text });
  return (await server.command({ do: "measure" })) - before;
}

async function expectWhole(clients: readonly WsClient[], messageId: string): Promise<void> {
  await server.command({ do: "finish" });
  for (const client of clients) {
    await client.until("response_complete");
    expect(assemble(client.frames, messageId).text === whole).toBe(true);
  }
}

/** Lets as much time pass as a reader may take nothing; who reads answers its pings meanwhile. */
async function passStuck(clients: readonly WsClient[]): Promise<void> {
  for (const ms of [15_000, stuckMs - 15_000]) {
    await server.command({ do: "pass", ms });
    for (const client of clients) {
      client.send("ping");
      await client.until("pong");
    }
  }
}

function expectSmall(grown: number): void {
  expect(grown).toBeLessThan(64 * 1024 * 1024);
  // Each holds nearly 64 KiB: were they not the same bytes for all, it would be more.
  expect(grown).toBeLessThan((stalledCount * pauseAbove) / 2);
}

describe("500 readers that take nothing of one stream", { timeout: 120_000 }, () => {
  test("over the raw WebSocket cost little, hold nobody back, are cut, and lose nothing", async () => {
    const { message_id, healthy } = await openTurn();
    const stalled = await Promise.all(Array.from({ length: stalledCount }, server.connect));
    for (const client of stalled) client.send("resume", { message_id });
    for (const client of stalled) await client.until("response_chunk");
    for (const { ws } of stalled) ws.pause();
    expectSmall(await publish());
    await expectWhole(healthy, message_id);
    await passStuck(healthy);
    for (const { ws } of stalled) ws.resume();
    const codes = await Promise.all(stalled.map(({ closed }) => closed));
    expect(new Set(codes)).toEqual(new Set([slowReaderCloseCode]));

    for (const { frames } of stalled) {
      const { cursor, ends } = assemble(frames, message_id);
      expect(ends).toEqual([]);
      const back = await server.connect();
      back.send("resume", { message_id, cursor });
      await back.until("response_complete");
      const told = assemble([...frames, ...back.frames], message_id);
      expect(told.text === whole).toBe(true);
      back.drop();
    }
    for (const client of healthy) client.drop();
  });

  test("over server-sent events cost little, hold nobody back, are cut, and lose nothing", async () => {
    const { message_id, chat_id, healthy } = await openTurn();
    const stalled = await Promise.all(
      Array.from({ length: stalledCount }, () => server.follow(chat_id, message_id)),
    );
    expectSmall(await publish());
    await expectWhole(healthy, message_id);
    await passStuck(healthy);

    for (const reading of stalled) {
      const seen = await reading.take();
      expect(seen.map(({ event }) => event)).not.toContain("response_complete");
      const back = await server.follow(chat_id, seen.at(-1)?.id ?? message_id);
      const rest = await back.take();
      expect(rest.at(-1)?.event).toBe("response_complete");
      const all = [...seen, ...rest];
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(textOf(all) === whole).toBe(true);
    }
    for (const client of healthy) client.drop();
  });
});
