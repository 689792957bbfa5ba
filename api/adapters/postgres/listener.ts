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
  readonly channel: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onNotice: (payload: string) => void;
  /** Called at each connection, before it counts as connected: what was announced meanwhile is unknown. */
  readonly onConnect: (client: pg.Client) => Promise<void>;
}

const reconnectMs = 500;

/** Resolves when the first connection listens. @throws what `onConnect` throws at the first connection. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { clock, logger } = options;
  let client: pg.Client | undefined;
  let isClosed = false;
  let cancelTimer: (() => void) | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    next.on("error", (error) => lose(next, error));
    next.on("end", () => lose(next));
    next.on("notification", ({ payload }) => options.onNotice(payload ?? ""));
    try {
      await next.connect();
      // First: what is announced from here on is heard.
      await next.query(`listen ${pg.escapeIdentifier(options.channel)}`);
      await options.onConnect(next);
      if (isClosed) throw new Error("Closed meanwhile");
    } catch (error) {
      await next.end();
      throw error;
    }
    client = next;
  }

  function lose(lost: pg.Client, error?: Error): void {
    if (client !== lost) return;
    client = undefined;
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
      return client !== undefined;
    },
    async close() {
      isClosed = true;
      cancelTimer?.();
      await client?.end();
    },
  };
}
