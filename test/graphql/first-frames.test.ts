import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endMs } from "../../api/core/watched-connection.ts";
import { maxFirstFrameBytes } from "../../api/graphql/socket.ts";
import { until } from "./client.ts";
import { listenPlatform, type Listening } from "./listen.ts";

let platform: Listening;
beforeEach(async () => void (platform = await listenPlatform()));
afterEach(() => platform.close());

const tooLarge = { code: 1009, reason: "PAYLOAD_TOO_LARGE" };

/** Each connection has two timers, that of pings and that of life, and one more while it ends, unless it has ended. */
const isEnding = () => until(() => platform.clock.timers !== 2);
const isGone = () => until(() => platform.clock.timers === 0);

/** A `connection_init` of exactly so many bytes. */
function initOf(bytes: number): string {
  const make = (filling: string) =>
    JSON.stringify({ type: "connection_init", payload: { tenantId: "demo", filling } });
  return make("x".repeat(bytes - make("").length));
}

describe("before it is let in, a connection", () => {
  test("may send a first frame of 16 KiB, and larger ones afterwards", async () => {
    const line = await platform.open();
    line.send(initOf(maxFirstFrameBytes));
    expect(await line.next()).toMatchObject({ type: "connection_ack" });
    const query = `{ __typename } #${"x".repeat(3 * maxFirstFrameBytes)}`;
    line.send({ id: "1", type: "subscribe", payload: { query } });
    expect(await line.next()).toMatchObject({ id: "1", type: "next" });
    line.ws.close();
    await line.closed;
  });

  test("may send none that is larger", async () => {
    for (const bytes of [maxFirstFrameBytes + 1, 900 * 1024]) {
      const line = await platform.open();
      line.send(initOf(bytes));
      await isEnding();
      platform.clock.advance(endMs);
      expect(await line.closed).toEqual(tooLarge);
      expect(line.messages).toEqual([]);
    }
  });
});

describe("a peer that never answers the end of its connection is cut off", () => {
  test("where it was refused", async () => {
    const line = await platform.open();
    line.send({ type: "connection_init", payload: { tenantId: "nobody" } });
    line.ws.pause();
    await isEnding();
    expect(platform.clock.timers).toBe(3);
    platform.clock.advance(endMs);
    await isGone();
  });

  test("where it broke the protocol of WebSockets", async () => {
    const line = await platform.open();
    line.ws.pause();
    // Clients have to mask.
    line.ws.send("x", { mask: false });
    await isEnding();
    expect(platform.clock.timers).toBe(3);
    platform.clock.advance(endMs);
    await isGone();
  });
});
