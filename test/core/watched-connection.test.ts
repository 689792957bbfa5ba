import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cutAbove,
  pauseAbove,
  slowReaderCloseCode,
  stuckMs,
  watchConnection,
} from "../../api/core/watched-connection.ts";
import { createManualClock, settle } from "../support/clock.ts";
import { createFakeConnection } from "../support/fake-connection.ts";

function watch() {
  const clock = createManualClock();
  const connection = createFakeConnection();
  const watched = watchConnection(connection, clock);
  return { clock, connection, watched };
}

describe("a half-open connection", () => {
  it("is ended 35 s after its last sign of life at the latest, whenever that was", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), (lastSign) => {
        const { clock, connection } = watch();
        let answered = 0;
        for (let now = 0; now < lastSign; now += 1000) {
          if (connection.pings > answered) {
            connection.pong();
            answered = connection.pings;
          }
          clock.advance(Math.min(1000, lastSign - now));
        }
        expect(connection.end).toBeUndefined();
        connection.pong();
        clock.advance(35_000);
        expect(connection.end).toBe("gone");
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("is ended too when the network takes what is sent into the void", async () => {
    const { clock, connection, watched } = watch();
    for (let passed = 0; passed < 35_000; passed += 500) {
      expect(connection.end).toBeUndefined();
      void watched.send("a");
      await settle();
      clock.advance(500);
    }
    expect(connection.end).toBe("gone");
  });
});

describe("a connection whose peer answers no ping", () => {
  it("lives for as long as the peer takes what waits for it", async () => {
    const { clock, connection, watched } = watch();
    connection.stall();
    for (let round = 0; round < 20; round += 1) {
      void watched.send("x".repeat(1000));
      clock.advance(10_000);
      connection.take();
      await settle();
    }
    expect(connection.end).toBeUndefined();
  });
});

describe("a reader that takes nothing", () => {
  it("is cut with 4408 after 30 s, and ended when it doesn't answer that", async () => {
    const { clock, connection, watched } = watch();
    connection.stall();
    const left = watched.send("a");
    clock.advance(stuckMs - 1);
    expect(connection.end).toBeUndefined();
    clock.advance(1);
    expect(connection.end).toBe(slowReaderCloseCode);
    expect(watched.isOpen).toBe(false);
    clock.advance(1000);
    await left;
    expect(clock.timers).toBe(0);
  });

  it("has 30 s again whenever it takes something", async () => {
    const { clock, connection, watched } = watch();
    connection.stall();
    for (let count = 0; count < 5; count += 1) void watched.send("a");
    for (let count = 0; count < 4; count += 1) {
      clock.advance(stuckMs - 1);
      connection.take();
    }
    expect(connection.end).toBeUndefined();
    clock.advance(stuckMs);
    expect(connection.end).toBe(slowReaderCloseCode);
  });

  it("is cut no more once it has taken everything", () => {
    const { clock, connection, watched } = watch();
    connection.stall();
    void watched.send("a");
    clock.advance(stuckMs - 1);
    connection.flow();
    connection.pong();
    clock.advance(20_000);
    expect(connection.end).toBeUndefined();
  });

  it("is cut at once when there is no end to what is sent to it, and one large text is not that", () => {
    const { connection, watched } = watch();
    connection.stall();
    void watched.send("x".repeat(cutAbove + 1));
    expect(connection.end).toBeUndefined();
    void watched.send("y");
    expect(connection.end).toBe(slowReaderCloseCode);
    expect(connection.sent).toHaveLength(1);
  });

  it("leaves no room for more above 64 KiB, and room again below", () => {
    const { connection, watched } = watch();
    connection.stall();
    void watched.send("x".repeat(pauseAbove));
    expect(watched.hasRoom).toBe(true);
    void watched.send("y");
    expect(watched.hasRoom).toBe(false);
    connection.take();
    expect(watched.hasRoom).toBe(true);
  });
});

it("nobody waits for what can't leave any more", async () => {
  const { clock, connection, watched } = watch();
  connection.stall();
  const waiting = watched.send("a");
  connection.terminate();
  await waiting;
  await watched.send("b");
  expect(connection.sent).toHaveLength(1);
  expect(clock.timers).toBe(0);
});
