import { RedisPubSub } from "graphql-redis-subscriptions";
import type { Redis } from "ioredis";
import type { Clock } from "../../core/ports.ts";
import { withPatience } from "./patience.ts";
import type { Subscriber } from "./subscriber.ts";

/** Calls between processes that carry nothing and can be lost. */
export interface WakeUps {
  /** @throws Error when Redis can't be reached. */
  publish(channel: string): Promise<void>;
  /**
   * Calls `wake` for each call on the channel that comes after the promise resolves, and whenever calls
   * may have been missed.
   * @returns what ends it, at once, whether Redis is there or not.
   * @throws Error when Redis doesn't confirm within a second.
   */
  watch(channel: string, wake: () => void): Promise<() => void>;
}

export interface WakeUpsOptions {
  /** The connection for commands. */
  readonly publisher: Redis;
  /** One that nobody else uses. */
  readonly subscriber: Subscriber;
  readonly clock: Clock;
}

interface Channel {
  readonly watchers: Set<{ readonly wake: () => void }>;
  /** What RedisPubSub knows the subscription by, once it is confirmed. */
  id?: number;
  readonly confirmed: Promise<void>;
}

const patienceMs = 1000;
/** How often a connection that only listens is asked whether it is still one. */
const heartbeatMs = 1000;

export function createWakeUps({ publisher, subscriber, clock }: WakeUpsOptions): WakeUps {
  const pubsub = new RedisPubSub({ publisher, subscriber: subscriber.client });
  const channels = new Map<string, Channel>();
  let cancelHeartbeat: (() => void) | undefined;

  subscriber.onReturn(() => {
    const missed = [...channels.values()];
    for (const channel of missed) wakeAll(channel);
  });
  subscriber.client.on("end", stopHeartbeat);

  function stopHeartbeat(): void {
    cancelHeartbeat?.();
    cancelHeartbeat = undefined;
  }

  function startHeartbeat(): void {
    cancelHeartbeat = clock.after(heartbeatMs, () => {
      startHeartbeat();
      // One that isn't answered ends the connection, and that is seen there.
      subscriber.client.ping().catch((error: unknown) => error);
    });
  }

  function open(name: string): Channel {
    const watchers: Channel["watchers"] = new Set();
    const subscription = pubsub.subscribe(name, () => wakeAll(channel));
    const channel: Channel = {
      watchers,
      confirmed: subscription.then((id) => {
        channel.id = id;
        closeUnwatched(name, channel);
      }),
    };
    channels.set(name, channel);
    if (!cancelHeartbeat && subscriber.client.status !== "end") startHeartbeat();
    return channel;
  }

  /** One that isn't confirmed yet can't be closed yet. */
  function closeUnwatched(name: string, channel: Channel): void {
    if (channel.watchers.size > 0 || channel.id === undefined) return;
    if (channels.get(name) !== channel) return;
    channels.delete(name);
    pubsub.unsubscribe(channel.id);
    if (channels.size === 0) stopHeartbeat();
  }

  return {
    publish: (channel) => pubsub.publish(channel, 1),
    async watch(name, wake) {
      const channel = channels.get(name) ?? open(name);
      const watcher = { wake };
      channel.watchers.add(watcher);
      const leave = () => {
        channel.watchers.delete(watcher);
        closeUnwatched(name, channel);
      };
      try {
        const heard = Promise.all([channel.confirmed, subscriber.standing()]);
        await withPatience(clock, patienceMs, heard);
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
  };
}

/** A watcher may leave, or come, while the others are woken. */
function wakeAll({ watchers }: Channel): void {
  const woken = [...watchers];
  for (const watcher of woken) if (watchers.has(watcher)) watcher.wake();
}
