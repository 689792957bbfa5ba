import { afterEach, inject } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRedisConnectionCounter } from "../../../api/adapters/redis/connections.ts";
import type { HeldPlace } from "../../../api/core/limits/limiter.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { startRedis } from "../../support/redis.ts";

/** Closed after each test, in reverse order; a test may take them out and close them itself. */
export const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

export function makePrefix(): string {
  return `test:${crypto.randomUUID()}:`;
}

/** A process that counts, as far as Redis can tell. Its clock stands still until the test moves it. */
export async function openProcess(url = inject("redis").url, prefix = makePrefix()) {
  const logger = createRecordingLogger();
  const connection = await connectRedis({ url }, logger);
  const clock = createManualClock();
  const { redis } = connection;
  const counter = createRedisConnectionCounter(redis, { clock, logger, prefix });
  const place = (key: string, limit: number) => counter.hold([{ key, limit }]);
  /** Gives back at once what it gets. */
  async function look(key: string, limit: number) {
    const held = await place(key, limit);
    if ("release" in held) held.release();
    return held;
  }
  async function close(): Promise<void> {
    await counter.close();
    await connection.close();
  }
  opened.push({ close });
  return {
    counter,
    clock,
    logger,
    redis,
    prefix,
    close,
    place,
    look,
    /** @throws Error when there is no place left. */
    async mustHold(key: string, limit: number): Promise<HeldPlace> {
      const held = await place(key, limit);
      if ("full" in held) throw new Error(`${held.full} is full`);
      return held;
    },
    /** What stands in Redis for a key, of each process. */
    stored: async (key: string) =>
      Object.values(await redis.hgetall(`${prefix}of:${key}`))
        .map(Number)
        .toSorted((a, b) => a - b),
    /** All that was sent before has been carried out. */
    settled: () => redis.ping(),
  };
}

export type Process = Awaited<ReturnType<typeof openProcess>>;

export async function openTwo(url?: string): Promise<[Process, Process]> {
  const one = await openProcess(url);
  return [one, await openProcess(url, one.prefix)];
}

export async function startOwnRedis() {
  const server = await startRedis();
  opened.push(server);
  return server;
}
