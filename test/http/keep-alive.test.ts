import { once } from "node:events";
import { Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { heartbeatMs } from "../../api/rest/event-stream.ts";
import { listen } from "../rest/listen.ts";
import { createPlatform } from "../rest/platform.ts";
import { listenRaw } from "../ws/listen.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("TCP probes a quiet connection before our own heartbeat would, so that a vanished peer is found", async () => {
  const probe = vi.spyOn(Socket.prototype, "setKeepAlive");
  const server = await listen(createPlatform().http.fetch);
  try {
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const served = probe.mock.calls.filter(([, ms]) => ms === 10_000);
    expect(served).toEqual([[true, 10_000]]);
    expect(10_000).toBeLessThan(heartbeatMs);
  } finally {
    await server.close();
  }
});

test("a WebSocket is left to its pings", async () => {
  const probe = vi.spyOn(Socket.prototype, "setKeepAlive");
  const platform = await listenRaw();
  try {
    const client = await platform.connect();
    expect(probe.mock.calls.at(-1)).toEqual([false]);
    client.ws.close();
    await once(client.ws, "close");
  } finally {
    await platform.close();
  }
});
