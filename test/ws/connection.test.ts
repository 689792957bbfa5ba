import { describe, expect, it } from "vitest";
import { createSocket, maxPartBytes } from "../../api/ws/connection.ts";
import { createManualClock, settle } from "../support/clock.ts";
import { createFakeConnection } from "../support/fake-connection.ts";

function open() {
  const clock = createManualClock();
  const connection = createFakeConnection();
  return { clock, connection, socket: createSocket(connection, clock) };
}

const bytes = (length: number, fill: string) => Buffer.alloc(length, fill);

describe("offers to a connection", () => {
  it("are made and sent at once while there is room", async () => {
    const { connection, socket } = open();
    await socket.offer(() => bytes(10, "a"));
    await socket.offer(() => undefined);
    expect(connection.sent).toEqual([{ data: bytes(10, "a"), isLast: true }]);
  });

  it("are neither made nor sent until there is room, then one by one, in their order", async () => {
    const { connection, socket } = open();
    connection.stall();
    void socket.offer(() => bytes(maxPartBytes, "0"));
    void socket.offer(() => bytes(1, "1"));
    const made: number[] = [];
    const offers = [2, 3, 4].map((number) =>
      socket.offer(() => {
        made.push(number);
        return bytes(maxPartBytes, String(number));
      }),
    );
    await settle();
    expect(made).toEqual([]);
    connection.take();
    expect(made).toEqual([2]);
    connection.take();
    connection.take();
    expect(made).toEqual([2, 3, 4].slice(0, made.length));
    connection.flow();
    await Promise.all(offers);
    expect(made).toEqual([2, 3, 4]);
  });

  it("never keep more waiting than the room and one part", async () => {
    const { connection, socket } = open();
    connection.stall();
    for (let count = 0; count < 100; count += 1) void socket.offer(() => bytes(40_000, "x"));
    expect(connection.bufferedAmount).toBeLessThanOrEqual(2 * maxPartBytes);
  });

  it("are settled when the connection ends, and nothing more is made", async () => {
    const { connection, socket } = open();
    connection.stall();
    void socket.offer(() => bytes(maxPartBytes + 1, "0"));
    let isMade = false;
    const waiting = socket.offer(() => {
      isMade = true;
      return bytes(1, "1");
    });
    connection.terminate();
    await waiting;
    await socket.offer(() => bytes(1, "2"));
    expect(isMade).toBe(false);
  });
});

describe("a text larger than the room", () => {
  it("goes out in parts, and other texts after it", async () => {
    const { connection, socket } = open();
    connection.stall();
    const large = bytes(5 * maxPartBytes + 7, "l");
    const offered = socket.offer(() => large);
    const next = socket.offer(() => bytes(1, "n"));
    socket.send("pong");
    expect(connection.sent.length).toBeLessThan(6);
    connection.flow();
    await Promise.all([offered, next]);
    const { sent } = connection;
    expect(sent.findIndex(({ isLast }) => isLast)).toBe(5);
    expect(Buffer.concat(sent.slice(0, 6).map(({ data }) => Buffer.from(data)))).toEqual(large);
    expect(sent.slice(6)).toEqual([
      { data: "pong", isLast: true },
      { data: bytes(1, "n"), isLast: true },
    ]);
  });

  it("takes a slow reader as long as it needs, while it takes a part every 30 s", () => {
    const { clock, connection, socket } = open();
    connection.stall();
    void socket.offer(() => bytes(20 * maxPartBytes, "l"));
    for (let count = 0; count < 20; count += 1) {
      clock.advance(29_000);
      connection.take();
    }
    expect(connection.end).toBeUndefined();
    expect(connection.sent).toHaveLength(20);
  });

  it("doesn't let a client pile up texts behind it without end", () => {
    const { connection, socket } = open();
    connection.stall();
    void socket.offer(() => bytes(5 * maxPartBytes, "l"));
    for (let count = 0; count < 1001; count += 1) socket.send("pong");
    expect(connection.end).toBe(4408);
  });
});
