import { Redis, type RedisOptions } from "ioredis";
import { StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/ports.ts";

export interface RedisAddress {
  /** `redis://` or `rediss://`; stands above the other fields. */
  readonly url?: string | undefined;
  /** Default localhost. */
  readonly host?: string | undefined;
  /** Default 6379. */
  readonly port?: number | undefined;
  readonly password?: string | undefined;
}

export interface RedisConnection {
  readonly redis: Redis;
  /** @throws Error when Redis doesn't answer within a second. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const answerMs = 1000;
const longestPauseMs = 2000;

/**
 * For work that has something to fall back on: a command that can't be sent now fails at once, one
 * that was sent is never sent again, and a connection that has gone silent is made anew.
 */
const options = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 3000,
  commandTimeout: answerMs,
  socketTimeout: 2 * answerMs,
  retryStrategy: (times: number) =>
    Math.min(50 * 2 ** Math.min(times, 10), longestPauseMs) * (0.75 + Math.random() / 4),
} satisfies RedisOptions;

/**
 * Connects and makes sure that Redis answers; after that the connection mends itself, and each outage
 * is logged once.
 * @throws Error that names the address and the reason, and never the password.
 */
export async function connectRedis(
  address: RedisAddress,
  logger: Logger,
): Promise<RedisConnection> {
  const redis = createClient(address);
  const name = `${redis.options.host}:${redis.options.port}`;
  let lastError: unknown;
  let isConnected = false;
  redis.on("error", (error: unknown) => {
    lastError = error;
    if (!isConnected) return;
    isConnected = false;
    logger.warn({ redis: name, reason: reasonOf(error) }, "The connection to Redis was lost");
  });

  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new StartError(`Redis at ${name} can't be used: ${reasonOf(lastError ?? error)}`);
  }
  isConnected = true;
  redis.on("close", () => {
    if (isConnected) logger.warn({ redis: name }, "The connection to Redis was closed");
    isConnected = false;
  });
  redis.on("ready", () => {
    isConnected = true;
    logger.info({ redis: name }, "The connection to Redis is back");
  });
  return {
    redis,
    async ping() {
      await redis.ping();
    },
    async close() {
      isConnected = false;
      const hasSocket = ["connecting", "connect", "ready"].includes(redis.status);
      // Between two attempts to reconnect there is nothing that could end.
      const ended = new Promise<void>((resolve) => {
        if (hasSocket) redis.once("end", () => resolve());
        else resolve();
      });
      redis.disconnect();
      await ended;
    },
  };
}

function createClient({ url, host = "localhost", port = 6379, password }: RedisAddress): Redis {
  if (url !== undefined) return new Redis(url, options);
  return new Redis({ ...options, host, port, ...(password ? { password } : {}) });
}

/** Errors of ioredis carry their command, of which one is AUTH: only their words may go on. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return error.message || code || error.name;
}
