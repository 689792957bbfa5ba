import { once } from "node:events";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { startRedis } from "./redis.ts";

test("each Redis is empty, listens on loopback only, and writes nothing to the disk", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());

  expect(await client.dbsize()).toBe(0);
  expect(await client.config("GET", "bind")).toEqual(["bind", "127.0.0.1"]);
  expect(await client.config("GET", "save")).toEqual(["save", ""]);
  expect(await client.config("GET", "appendonly")).toEqual(["appendonly", "no"]);
});

test("a killed Redis is gone, and closing it after that is no error", async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url, { retryStrategy: () => null });
  client.on("error", () => client.disconnect());
  await client.ping();
  const closed = once(client, "close");

  redis.kill("SIGKILL");

  await closed;
  await redis.close();
  await redis.close();
});

test("without a redis-server the one of REDIS_URL is used, and is not ours to end", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("REDIS_URL", "redis://cache.example:7000/2");
  onTestFinished(() => void vi.unstubAllEnvs());

  const redis = await startRedis();

  expect(redis).toMatchObject({ url: "redis://cache.example:7000/2", port: 7000, pid: undefined });
  expect(() => redis.kill("SIGKILL")).toThrow(/not ours/);
  await redis.close();
});

test("without any Redis and any package manager the error says what to install", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("REDIS_URL", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());

  await expect(startRedis()).rejects.toThrow(/Install redis-server .* or set REDIS_URL/);
});
