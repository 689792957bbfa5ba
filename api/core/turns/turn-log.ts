import { createEndedTurns, type EndedTurns } from "./ended-turns.ts";
import { createLiveTurn, type LiveTurn, type TurnWriter } from "./live-turn.ts";
import { createOpenings } from "./openings.ts";
import { followStream, type StreamFollower } from "./stream-follower.ts";
import { writeStream, type StreamWriterDeps } from "./stream-writer.ts";
import type { TurnRef } from "./turn-event.ts";

/**
 * The log of the turns that this process produces or follows: each one's text in the pieces in which
 * it was published, then one ending. What has ended leaves the log at once, since its message is
 * stored before its ending is published; readers who stand in it keep it until they have read it.
 */
export interface TurnLog {
  /**
   * Makes a turn known before it starts, so that its readers can wait for it.
   * @param onFenced called when another process is found to run a later attempt.
   */
  open(turn: TurnRef, attempt: number, onFenced?: () => void): TurnWriter;
  /** The turn, where this process runs it. */
  find(turn: TurnRef): LiveTurn | undefined;
  /**
   * The turn as another process publishes it; all readers of this process share it. Undefined where there
   * are no other processes.
   * @param isOver asks the store whether the turn has ended.
   */
  follow(turn: TurnRef, isOver: () => Promise<boolean>): FollowedTurn | undefined;
  /** Tells those who follow the chat, in whatever process, that something has changed there. A call can be lost. */
  announce(tenantId: string, chatId: string): void;
  /** The same for those in this process. */
  announceHere(tenantId: string, chatId: string): void;
  /** Resolves when a turn of the chat may have been opened or something else changed there, or the signal aborts. */
  waitForTurn(tenantId: string, chatId: string, signal: AbortSignal): Promise<void>;
  /** What readers of turns that have ended share. */
  readonly ended: EndedTurns;
  /** How many turns this process has under way. */
  readonly size: number;
  /** Waits until other processes can read what was published here; to be called when nothing more will be. */
  flush(): Promise<void>;
}

export interface FollowedTurn {
  readonly live: LiveTurn;
  /** To be called once when it is no longer read. */
  leave(): void;
}

/** @param shared how the turns of several processes meet; without it this process is the only one. */
export function createTurnLog(shared?: StreamWriterDeps): TurnLog {
  const live = new Map<string, LiveTurn>();
  const followed = new Map<string, { follower: StreamFollower; readers: number }>();
  const writing = new Set<Promise<void>>();
  const openings = createOpenings(shared);
  const turnKey = (turn: TurnRef) => `${turn.tenantId}/${turn.messageId}`;

  function share(deps: StreamWriterDeps, turn: TurnRef, reader: LiveTurn, onFenced: () => void) {
    const written = writeStream(deps, turn, reader, onFenced).finally(() =>
      writing.delete(written),
    );
    writing.add(written);
  }

  return {
    open(turn, attempt, onFenced = () => undefined) {
      const key = turnKey(turn);
      const { reader, writer } = createLiveTurn(attempt, () => {
        if (live.get(key) === reader) live.delete(key);
      });
      live.set(key, reader);
      // Who followed it elsewhere finds it here from now on.
      followed.get(key)?.follower.close();
      if (shared) share(shared, turn, reader, onFenced);
      openings.tell(turn);
      return writer;
    },
    find: (turn) => live.get(turnKey(turn)),
    follow(turn, isOver) {
      const key = turnKey(turn);
      const here = live.get(key);
      if (here) return { live: here, leave: () => undefined };
      if (!shared) return undefined;
      const known = followed.get(key);
      const isUsable = known && !known.follower.live.done;
      const entry = isUsable ? known : { follower: followStream(shared, turn, isOver), readers: 0 };
      followed.set(key, entry);
      entry.readers += 1;
      return {
        live: entry.follower.live,
        leave() {
          entry.readers -= 1;
          if (entry.readers > 0) return;
          entry.follower.close();
          if (followed.get(key) === entry) followed.delete(key);
        },
      };
    },
    announce: (tenantId, chatId) => openings.tell({ tenantId, chatId }),
    announceHere: (tenantId, chatId) => openings.tellHere({ tenantId, chatId }),
    waitForTurn: openings.wait,
    ended: createEndedTurns(),
    get size() {
      return live.size;
    },
    async flush() {
      const followers = [...followed.values()].map(({ follower }) => {
        follower.close();
        return follower.closed;
      });
      await Promise.all([...writing, ...followers, openings.close()]);
    },
  };
}
