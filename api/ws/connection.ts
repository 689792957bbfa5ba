import type { Clock } from "../core/ports.ts";
import {
  endConnection,
  pauseAbove,
  watchConnection,
  type Connection,
} from "../core/watched-connection.ts";

/** What a session needs of its connection. */
export interface Socket {
  /** Sends at once, but for a text that is being sent in parts: that goes out first. */
  send(text: string): void;
  /**
   * Sends what `make` makes as soon as there is room; others that wait go first. Until then nothing is
   * made. Resolves when it was sent, `make` made nothing, or the connection is gone.
   */
  offer(make: () => Uint8Array | undefined): Promise<void>;
  close(code: number, reason: string): void;
  /** The same, and cuts the line a second later where the peer has not answered that. */
  end(code: number, reason: string): void;
}

interface Offer {
  readonly make: () => Uint8Array | undefined;
  readonly settle: () => void;
}

/** A longer text goes out in parts, so that pings get through between them and a slow reader is seen to read. */
export const maxPartBytes = pauseAbove;
/** Texts that may wait for one that goes out in parts. */
const maxWaitingTexts = 1000;

/** The sending half of a watched connection. */
export function createSocket(connection: Connection, clock: Clock): Socket {
  const offers: Offer[] = [];
  /** What is left of the first offer's text, when a part of it was sent. */
  let rest: Uint8Array | undefined;
  let texts: string[] = [];
  const watched = watchConnection(connection, clock, flush);

  function flush(): void {
    while (watched.hasRoom) {
      const [first] = offers;
      if (!first) return;
      const data = rest ?? first.make();
      const isLast = !data || data.length <= maxPartBytes;
      rest = isLast ? undefined : data.subarray(maxPartBytes);
      if (data) void watched.send(isLast ? data : data.subarray(0, maxPartBytes), isLast);
      if (isLast) finish(first);
    }
    if (!watched.isOpen) for (const { settle } of offers.splice(0)) settle();
  }

  function finish({ settle }: Offer): void {
    offers.shift();
    settle();
    const waiting = texts;
    texts = [];
    for (const text of waiting) void watched.send(text);
  }

  return {
    send(text) {
      if (!rest) void watched.send(text);
      else if (texts.push(text) > maxWaitingTexts) watched.cut();
    },
    offer(make) {
      return new Promise((settle) => {
        offers.push({ make, settle });
        flush();
      });
    },
    close: (code, reason) => connection.close(code, reason),
    end(code, reason) {
      if (watched.isOpen) endConnection(connection, clock, code, reason);
    },
  };
}
