import { describe, expect, it } from "vitest";
import { relayPieces, relayWhole } from "../../api/ws/relay.ts";
import { createSocket, maxPartBytes } from "../../api/ws/connection.ts";
import { noUsage, type Ending } from "../../api/core/message.ts";
import type { TurnEvent } from "../../api/core/turns/turn-event.ts";
import { createManualClock, settle } from "../support/clock.ts";
import { createFakeConnection } from "../support/fake-connection.ts";

const turn = { tenantId: "demo", chatId: "chat_1", messageId: "msg_1" };
const ending: Ending = {
  type: "complete",
  finishReason: "stop",
  usage: noUsage,
  sources: [],
  citations: [],
  model: "m",
  degraded: [],
};

const start = (attempt = 1): TurnEvent => ({ type: "start", cursor: { attempt, rank: 0 } });
const end = (attempt = 1): TurnEvent => ({
  type: "end",
  cursor: { attempt, rank: Infinity },
  ending,
});
function chunk(offset: number, content: string, attempt = 1): TurnEvent {
  const cursor = { attempt, rank: offset + content.length };
  return { type: "chunk", cursor, piece: { offset, content } };
}

async function* read(events: readonly TurnEvent[]) {
  yield* events;
}

/** A reader of these events, and the frames that it was sent. */
function open(events: readonly TurnEvent[]) {
  const connection = createFakeConnection();
  const socket = createSocket(connection, createManualClock());
  const leaving = new AbortController();
  const reading = { turn, events: read(events), signal: leaving.signal };
  const frames = () =>
    connection.sent.map(({ data }) => JSON.parse(Buffer.from(data).toString()).data);
  return { connection, socket, reading, frames, leave: () => leaving.abort() };
}

describe("a turn on its way to a reader", () => {
  it("is sent piece by piece, with the pieces of the present attempt counted", async () => {
    const { socket, reading, frames } = open([
      start(),
      chunk(0, "Gone"),
      start(2),
      chunk(0, "One ", 2),
      chunk(4, "two", 2),
      end(2),
    ]);
    await relayPieces(socket, reading);
    expect(frames().map(({ cursor }) => cursor)).toEqual([
      "1-0",
      "1-4",
      "2-0",
      "2-4",
      "2-7",
      "2-end",
    ]);
    expect(frames().at(-1)).toMatchObject({ total_chunks: 2 });
  });

  it("is sent as one chunk to who wants it whole, of the last attempt alone", async () => {
    const { socket, reading, frames } = open([
      start(),
      chunk(0, "Gone"),
      start(2),
      chunk(0, "One ", 2),
      chunk(4, "two", 2),
      end(2),
    ]);
    await relayWhole(socket, reading);
    expect(frames()).toMatchObject([
      { attempt: 2, cursor: "2-0" },
      { content: "One two", offset: 0, cursor: "2-7" },
      { total_chunks: 1, cursor: "2-end" },
    ]);
  });

  it("begins in the middle for who comes back, in pieces and whole", async () => {
    for (const relay of [relayPieces, relayWhole]) {
      const { socket, reading, frames } = open([chunk(4, "two"), end()]);
      await relay(socket, reading);
      expect(frames()).toMatchObject([{ content: "two", offset: 4 }, { total_chunks: 1 }]);
    }
  });

  it("stops where its reader stops: what waited for room by then is never sent", async () => {
    for (const relay of [relayPieces, relayWhole]) {
      const { connection, socket, reading, leave } = open([start(), chunk(0, "One"), end()]);
      connection.stall();
      for (let count = 0; count < 2; count += 1) {
        void socket.offer(() => Buffer.alloc(maxPartBytes, "{"));
      }
      const relayed = relay(socket, reading);
      await settle();
      leave();
      connection.flow();
      await relayed;
      expect(connection.sent).toHaveLength(2);
    }
  });
});
