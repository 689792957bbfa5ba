import { describe, expect, test } from "vitest";
import { backoffDelay } from "../../element/client/backoff.ts";
import { timing } from "../../element/client/connection.ts";
import { createClientBench } from "./support/client-bench.ts";
import { greeting, rateLimit, refusal } from "./support/frames.ts";

test("the back-off doubles up to a minute and is jittered over its whole length", () => {
  expect([1, 2, 3, 4, 5].map((attempt) => backoffDelay(attempt, 3000, 1))).toEqual([
    3000, 6000, 12_000, 24_000, 48_000,
  ]);
  expect(backoffDelay(40, 3000, 1)).toBe(60_000);
  expect([0, 0.5].map((random) => backoffDelay(2, 3000, random))).toEqual([0, 3000]);
});

describe("a lost connection", () => {
  test.each([1000])("is not opened again when the server ended it normally (%i)", (code) => {
    const bench = createClientBench();
    bench.open().drop(code);
    expect(bench.client.state.connection).toMatchObject({
      status: "disconnected",
      phase: "disconnected",
    });
    expect(bench.clock.timers).toBe(0);
  });

  test.each([1001, 1006, 1011, 1013, 4408, 4499])("is opened again after %i", (code) => {
    const bench = createClientBench();
    bench.open().drop(code);
    expect(bench.client.state.connection).toMatchObject({ status: "connecting", phase: "waiting" });
    bench.clock.advance(3000);
    expect(bench.server.sockets).toHaveLength(2);
  });

  test.each([4400, 4401, 4403, 4404])("is not tried again after %i, and says why", (code) => {
    const bench = createClientBench();
    bench.client.connect();
    bench.server.current.push(refusal("TENANT_NOT_FOUND"));
    bench.server.current.drop(code);
    expect(bench.client.state.connection).toEqual({
      status: "error",
      phase: "refused",
      error: "Refused: TENANT_NOT_FOUND",
      errorCode: "TENANT_NOT_FOUND",
      closeCode: code,
      reconnectAttempts: 0,
    });
    expect(bench.clock.timers).toBe(0);
    bench.signal("wake");
    expect(bench.server.sockets).toHaveLength(1);
  });

  test("stays away as long as the server asks after 4429", () => {
    const bench = createClientBench();
    bench.client.connect();
    bench.server.current.push(rateLimit(30));
    bench.server.current.drop(4429);
    bench.clock.advance(32_999);
    expect(bench.server.sockets).toHaveLength(1);
    bench.clock.advance(1);
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("is given up after the set number of attempts, until someone asks again", () => {
    const bench = createClientBench({ maxReconnectAttempts: 2, reconnectInterval: 100 });
    bench.open().drop();
    bench.clock.advance(100);
    bench.server.current.drop();
    bench.clock.advance(199);
    expect(bench.server.sockets).toHaveLength(2);
    bench.clock.advance(1);
    bench.server.current.drop();
    expect(bench.client.state.connection).toMatchObject({
      status: "error",
      phase: "exhausted",
      reconnectAttempts: 2,
    });
    expect(bench.clock.timers).toBe(0);

    bench.client.connect();
    expect(bench.server.sockets).toHaveLength(4);
    expect(bench.client.state.connection).toMatchObject({
      status: "connecting",
      reconnectAttempts: 0,
    });
  });

  test("counts on when the server only greets and hangs up, and begins anew once it has answered", () => {
    const bench = createClientBench({ maxReconnectAttempts: 2, reconnectInterval: 100 });
    bench.open().drop();
    bench.reopen().drop();
    expect(bench.client.state.connection.reconnectAttempts).toBe(2);
    bench.reopen().push({ type: "pong", data: { timestamp: "" } });
    bench.server.current.drop();
    expect(bench.client.state.connection).toMatchObject({ phase: "waiting", reconnectAttempts: 1 });
  });

  test.each(["waiting", "exhausted"])(
    "is tried at once when the page wakes while it is %s",
    (phase) => {
      const bench = createClientBench({ maxReconnectAttempts: phase === "waiting" ? 5 : 0 });
      bench.open().drop();
      expect(bench.client.state.connection.phase).toBe(phase);
      bench.signal("wake");
      expect(bench.server.sockets).toHaveLength(2);
    },
  );
});

describe("a connection that says nothing", () => {
  test("is asked whether it lives, and given up when it doesn't answer", () => {
    const bench = createClientBench();
    const socket = bench.open();
    bench.clock.advance(timing.heartbeat);
    expect(socket.received).toEqual([{ type: "ping", data: {} }]);
    socket.push({ type: "pong", data: { timestamp: "" } });
    bench.clock.advance(timing.heartbeat);
    expect(socket.received).toHaveLength(2);
    bench.clock.advance(timing.silence);
    expect(socket.closedWith).toBe(1000);
    expect(bench.client.state.connection.phase).toBe("waiting");
  });

  test("is asked at once when the page wakes", () => {
    const bench = createClientBench();
    const socket = bench.open();
    bench.signal("wake");
    expect(socket.pings).toHaveLength(1);
  });

  test("is given up when it never greets", () => {
    const bench = createClientBench();
    bench.client.connect();
    bench.clock.advance(timing.handshake);
    expect(bench.client.state.connection).toMatchObject({ phase: "waiting", reconnectAttempts: 1 });
  });
});

test.each([
  ["", "https://api.example", "tenant-id is missing"],
  ["acme", "ftp://api.example", "api-url must be an http(s) URL"],
  ["acme", "not a url", "Invalid URL"],
])("tenant %j at %j is refused with a reason before any request", (tenantId, apiUrl, error) => {
  const bench = createClientBench({ tenantId, apiUrl });
  bench.client.connect();
  expect(bench.client.state.connection).toMatchObject({ phase: "refused", error });
  expect(bench.server.sockets).toEqual([]);
});

test("a second connect changes nothing", () => {
  const bench = createClientBench();
  bench.open();
  bench.client.connect();
  bench.server.current.push(greeting());
  expect(bench.server.sockets).toHaveLength(1);
});
