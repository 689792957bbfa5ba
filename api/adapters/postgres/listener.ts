import pg from "pg";
import type { Clock, Logger } from "../../core/ports.ts";

/** A connection of its own that hears what the database announces, and comes back when it is lost. */
export interface Listener {
  /** False while announcements may be missed. */
  readonly isConnected: boolean;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What hears the announcements, by their channel. */
  readonly channels: Readonly<Record<string, (payload: string) => void>>;
  /** Called at each connection, before it counts as connected. */
  readonly onConnect: (client: pg.Client, isFirst: boolean) => Promise<void>;
  /** Called when it counts as connected: what was announced before is unknown. */
  readonly onListening: () => void;
}

const reconnectMs = 500;
/** How often the line is tried, and how long it may take to answer: longer than the wait for a lock. */
const beatMs = 500;
const answerMs = 4000;
/** A line that was silent for so long may have swallowed something, whether or not it is lost. */
const silentMs = 1000;

/** Resolves when the first connection listens. @throws what `onConnect` throws at the first connection. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { clock, logger, channels } = options;
  let client: pg.Client | undefined;
  let isFirst = true;
  /** When the line was last tried with success. */
  let triedAt = -Infinity;
  let isClosed = false;
  let cancelTimer: (() => void) | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 5000,
      query_timeout: answerMs,
      keepAlive: true,
    });
    next.on("error", (error) => lose(next, error));
    next.on("end", () => lose(next));
    next.on("notification", ({ channel, payload }) => channels[channel]?.(payload ?? ""));
    try {
      await next.connect();
      // First: what is announced from here on is heard.
      for (const channel of Object.keys(channels))
        await next.query(`listen ${pg.escapeIdentifier(channel)}`);
      await options.onConnect(next, isFirst);
      if (isClosed) throw new Error("Closed meanwhile");
    } catch (error) {
      await next.end();
      throw error;
    }
    client = next;
    triedAt = clock.now();
    isFirst = false;
    options.onListening();
    watch(next);
  }

  /** On a line that has gone silent nothing is heard, and nothing is seen to be wrong. */
  function watch(listening: pg.Client): void {
    if (client !== listening) return;
    cancelTimer = clock.after(beatMs, () => {
      const now = clock.now();
      listening.query("select 1").then(
        () => {
          triedAt = now;
          watch(listening);
        },
        () => listening.end(), // which is then found to be lost
      );
    });
  }

  function lose(lost: pg.Client, error?: Error): void {
    if (client !== lost) return;
    client = undefined;
    cancelTimer?.();
    if (isClosed) return;
    logger.warn({ err: error }, "The connection that listens to the database is lost");
    retry();
  }

  function retry(): void {
    cancelTimer = clock.after(reconnectMs, () => {
      connect().then(
        () => logger.info({}, "Listening to the database again"),
        (error: unknown) => {
          if (isClosed) return;
          logger.warn({ err: error }, "Still no connection that listens to the database");
          retry();
        },
      );
    });
  }

  await connect();
  return {
    get isConnected() {
      return client !== undefined && clock.now() - triedAt < silentMs;
    },
    async close() {
      isClosed = true;
      cancelTimer?.();
      await client?.end();
    },
  };
}
