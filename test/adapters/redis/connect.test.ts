import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, inject, it } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { startRedis } from "../../support/redis.ts";

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

async function startOwnRedis() {
  const server = await startRedis();
  opened.push(server);
  return server;
}

async function connect(address: Parameters<typeof connectRedis>[0]) {
  const logger = createRecordingLogger();
  const connection = await connectRedis(address, logger);
  opened.push(connection);
  return { ...connection, logger };
}

async function findError(address: Parameters<typeof connectRedis>[0]): Promise<Error> {
  const error: unknown = await connect(address).catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error("It connected");
  return error;
}

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(onConnection).listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(server);
  return (server.address() as AddressInfo).port;
}

it("says which Redis can't be reached, and why", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const error = await findError({ host: "127.0.0.1", port });
  expect(error.message).toBe(
    `Redis at 127.0.0.1:${port} can't be used: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});

it("says when what listens there is no Redis", async () => {
  const port = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  expect((await findError({ host: "127.0.0.1", port })).message).toContain(
    `Redis at 127.0.0.1:${port} can't be used`,
  );
});

it("says when it never answers", async () => {
  const port = await listen((socket) => opened.push({ close: () => socket.destroy() }));
  expect((await findError({ host: "127.0.0.1", port })).message).toMatch(
    /can't be used: .*(timed out|timeout)/i,
  );
});

it("takes a password, and never shows it", async () => {
  const server = await startOwnRedis();
  const { redis } = await connect({ url: server.url });
  await redis.config("SET", "requirepass", "right-password");
  const right = await connect({ host: "127.0.0.1", port: server.port, password: "right-password" });
  await right.ping();

  const wrong = [
    await findError({ host: "127.0.0.1", port: server.port, password: "wrong-password" }),
    await findError({ url: `redis://:wrong-password@127.0.0.1:${server.port}` }),
  ];
  for (const error of wrong) {
    expect(error.message).toContain("WRONGPASS");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("wrong-password");
  }
  expect((await findError({ url: server.url })).message).toContain("NOAUTH");
});

it("logs one outage once, mends itself, and logs that too", async () => {
  const server = await startOwnRedis();
  const { redis, ping, logger } = await connect({ url: server.url });
  const other = await connect({ url: server.url });
  const closed = new Promise((resolve) => redis.once("close", resolve));
  const ready = new Promise((resolve) => redis.once("ready", resolve));
  await other.redis.call("CLIENT", "KILL", "TYPE", "normal");
  await closed;
  await expect(ping()).rejects.toThrow();
  await ready;
  await ping();
  // Both connections were lost, and are one outage.
  await expect.poll(() => logger.lines.length).toBe(2);
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
});

it("closes while it is trying to reconnect, and can be closed twice", async () => {
  const server = await startRedis();
  const { redis, close, logger } = await connect({ url: server.url });
  let attempts = 0;
  const reconnecting = new Promise<void>((resolve) => {
    redis.on("reconnecting", () => {
      attempts += 1;
      if (attempts === 3) resolve();
    });
  });
  await server.close();
  await reconnecting;
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn"]);
  await close();
  await close();
  await expect(redis.ping()).rejects.toThrow();
});

it("sends nothing later that couldn't be sent at once", async () => {
  const { redis, close } = await connect({ url: inject("redis").url });
  await close();
  expect(redis.status).toBe("end");
  await expect(redis.ping()).rejects.toThrow();
});
