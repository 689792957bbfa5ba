import { Redis, type RedisOptions } from "ioredis";
import { StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/ports.ts";
import { logOutages } from "./outages.ts";
import { createSubscriber, type Subscriber } from "./subscriber.ts";
import { reasonOf } from "./reason.ts";

export interface RedisAddress {
  /** `redis://` or `rediss://`; stands above the other fields. */
  readonly url?: string | undefined;
  /** Default localhost. */
  readonly host?: string | undefined;
  /** Default 6379. */
  readonly port?: number | undefined;
  readonly password?: string | undefined;
}

/** Two connections to one Redis. */
export interface RedisConnection {
  /** For commands. One that is rejected may have been carried out, unless Redis itself refused it. */
  readonly redis: Redis;
  /** For subscriptions. */
  readonly subscriber: Subscriber;
  /** @throws Error when Redis doesn't answer a command within a second. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const answerMs = 1000;
const longestPauseMs = 2000;

/**
 * For work that has something to fall back on: what can't be sent now fails at once, what was sent is
 * never sent again, and a connection that has gone silent is made anew.
 */
const options = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 3000,
  disconnectTimeout: answerMs / 2,
  socketTimeout: 2 * answerMs,
  retryStrategy: (times: number) =>
    Math.min(50 * 2 ** Math.min(times, 10), longestPauseMs) * (0.75 + Math.random() / 4),
} satisfies RedisOptions;

/**
 * Connects and makes sure that Redis answers; after that the connections mend themselves, and each
 * outage is logged once.
 * @throws Error that names the address and the reason, and never the password.
 */
export async function connectRedis(
  address: RedisAddress,
  logger: Logger,
): Promise<RedisConnection> {
  const redis = createClient(address, { ...options, commandTimeout: answerMs });
  // It subscribes again by itself, since the client would do so by a promise that nobody holds.
  const listening = createClient(address, { ...options, autoResubscribe: false });
  const clients = [redis, listening];
  const name = `${redis.options.host}:${redis.options.port}`;
  let lastError: unknown;
  for (const client of clients) client.on("error", (error: unknown) => (lastError = error));

  try {
    for (const client of clients) {
      await client.connect();
      await client.ping();
    }
  } catch (error) {
    for (const client of clients) client.disconnect();
    throw new StartError(`Redis at ${name} can't be used: ${reasonOf(lastError ?? error)}`);
  }
  const stopLogging = logOutages(clients, name, logger);
  return {
    redis,
    subscriber: createSubscriber(listening, logger),
    async ping() {
      await redis.ping();
    },
    async close() {
      stopLogging();
      for (const client of clients.toReversed()) await disconnect(client);
    },
  };
}

function createClient(
  { url, host = "localhost", port = 6379, password }: RedisAddress,
  clientOptions: typeof options & Pick<RedisOptions, "commandTimeout" | "autoResubscribe">,
): Redis {
  if (url !== undefined) return new Redis(url, clientOptions);
  return new Redis({ ...clientOptions, host, port, ...(password ? { password } : {}) });
}

async function disconnect(client: Redis): Promise<void> {
  const hasSocket = ["connecting", "connect", "ready"].includes(client.status);
  // Between two attempts to reconnect there is nothing that could end.
  const ended = new Promise<void>((resolve) => {
    if (hasSocket) client.once("end", () => resolve());
    else resolve();
  });
  client.disconnect();
  await ended;
}
