import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { openRedis } from "../../../scripts/cluster/redis-server.ts";

const noOrphans = { add: () => undefined, remove: () => undefined, close: async () => undefined };
const silent = (): void => undefined;

afterEach(() => vi.unstubAllEnvs());

test("without a Redis it says what to install", async () => {
  vi.stubEnv("PATH", import.meta.dirname);
  const opening = openRedis(undefined, noOrphans, silent);
  await expect(opening).rejects.toThrow("there is no redis-server on the PATH. Install it");
});

test("a configured Redis is used, and left alone", async () => {
  const url = "redis://cache.example:6379";
  const redis = await openRedis({ url }, noOrphans, silent);
  expect([redis.url, redis.pid]).toEqual([url, undefined]);
  await redis.close();
});

test("a Redis of its own serves on loopback, and comes back at the same address", async () => {
  let wake = silent;
  const lives: number[] = [];
  const redis = await openRedis(undefined, noOrphans, (line) => {
    if (line.includes("on 127.0.0.1")) lives.push(Number(/process (\d+)/.exec(line)?.[1]));
    wake();
  });
  try {
    const port = Number(new URL(redis.url).port);
    const ask = async () => {
      const socket = connect(port, "127.0.0.1");
      socket.write("PING\r\n");
      const [answer] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      return answer.toString();
    };
    expect(await ask()).toBe("+PONG\r\n");
    process.kill(redis.pid ?? 0, "SIGKILL");
    while (lives.length < 2) await new Promise<void>((resolve) => (wake = resolve));
    expect(await ask()).toBe("+PONG\r\n");
    expect(redis.pid).toBe(lives[1]);
  } finally {
    await redis.close();
  }
});
