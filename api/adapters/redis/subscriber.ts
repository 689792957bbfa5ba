import { ReplyError, type Callback, type Redis } from "ioredis";
import type { Logger } from "../../core/ports.ts";
import { reasonOf } from "./reason.ts";

/** A connection whose subscriptions outlast it. */
export interface Subscriber {
  /**
   * For RedisPubSub, which never looks at the promises of what it sends, and when a subscription fails
   * rejects one that nobody can hold; either would end the process. So here neither fails: a subscription
   * stands or waits until it does, and what Redis refuses is logged.
   */
  readonly client: Redis;
  /** Resolves while all subscriptions of before stand; in an outage when they stand again. */
  standing(): Promise<void>;
  /** Calls back after each outage once all subscriptions stand again: what was published meanwhile was not heard. */
  onReturn(listener: () => void): void;
}

/** A channel to be heard, until it is unsubscribed from. */
interface Wanted {
  /** Tells, once, that it is heard. */
  confirm?: (() => void) | undefined;
}

/** Channels, and at the end who is told. */
type Arguments = readonly (string | Buffer | Callback<unknown> | undefined)[];

/** @param client connected, without autoResubscribe, and ours: it gets other methods for subscribing. */
export function createSubscriber(client: Redis, logger: Logger): Subscriber {
  const subscribe = client.subscribe.bind(client);
  const unsubscribe = client.unsubscribe.bind(client);
  const wanted = new Map<string, Wanted>();
  const listeners = new Set<() => void>();
  let standing = Promise.withResolvers<void>();
  let isStanding = client.status === "ready";
  if (isStanding) standing.resolve();

  /** What fails with the connection is sent again on the next. */
  function report(error: unknown): void {
    if (!(error instanceof ReplyError)) return;
    logger.warn({ reason: reasonOf(error) }, "Redis refused a subscription");
  }

  async function send(channels: ReadonlyMap<string, Wanted>): Promise<boolean> {
    try {
      if (channels.size > 0) await subscribe(...channels.keys());
    } catch (error) {
      report(error);
      return false;
    }
    for (const [channel, one] of channels) {
      // Another one may have taken its place, which was sent later.
      if (wanted.get(channel) !== one) continue;
      const { confirm } = one;
      one.confirm = undefined;
      confirm?.();
    }
    return true;
  }

  client.on("close", () => {
    if (isStanding) standing = Promise.withResolvers();
    isStanding = false;
  });
  client.on("ready", () => {
    void send(new Map(wanted)).then((isHeard) => {
      if (!isHeard) return;
      isStanding = true;
      standing.resolve();
      for (const listener of listeners) listener();
    });
  });

  client.subscribe = async (...args: Arguments) => {
    const tell = args.find((arg) => typeof arg === "function");
    for (const channel of channelsOf(args)) {
      const one: Wanted = { confirm: () => tell?.(null) };
      wanted.set(channel, one);
      await send(new Map([[channel, one]]));
    }
  };
  client.unsubscribe = async (...args: Arguments) => {
    for (const channel of channelsOf(args)) {
      wanted.delete(channel);
      await unsubscribe(channel).catch(report);
    }
  };
  // No patterns here, but RedisPubSub ends each subscription in both ways.
  client.punsubscribe = () => Promise.resolve();

  return {
    client,
    standing: () => standing.promise,
    onReturn: (listener) => void listeners.add(listener),
  };
}

function channelsOf(args: Arguments): string[] {
  return args.filter((arg) => typeof arg === "string" || Buffer.isBuffer(arg)).map(String);
}
