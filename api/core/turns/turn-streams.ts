import type { Cursor } from "./cursor.ts";
import type { TurnEvent, TurnRef } from "./turn-event.ts";

/**
 * What is published of the turns under way, where all processes can read it: of each turn one
 * stream, which its producer alone writes. An event's place in its stream is its cursor. A stream
 * can vanish at any time: its producer fills it again, and what has ended is in the store.
 */
export interface TurnStreams {
  /**
   * Appends in one step where the stream ends at `after`, and wakes who watches the turn. The stream of
   * an ended turn stays for a minute.
   * @returns `gap` when the stream ends elsewhere or is gone, `fenced` when it holds a later attempt; then
   *   nothing was changed. @throws when it can't be said whether anything was.
   */
  append(
    turn: TurnRef,
    after: Cursor,
    events: readonly TurnEvent[],
  ): Promise<"appended" | "gap" | "fenced">;
  /**
   * Makes these events, all of one attempt, the whole stream in one step, and wakes who watches the turn.
   * @returns `fenced` when the stream holds a later attempt; then nothing was changed.
   */
  replace(turn: TurnRef, events: readonly TurnEvent[]): Promise<"replaced" | "fenced">;
  /** What stands behind `after`, in order; a long rest may come in parts. Without `after` from the beginning. */
  read(turn: TurnRef, after: Cursor | undefined): Promise<TurnEvent[]>;
  /** Wakes who watches the chat: a turn of it has been opened, or something else has changed in it. */
  announce(chat: Topic): Promise<void>;
  /**
   * Calls `wake` after each change of the turn or each announcement in the chat, by whatever process, from
   * the moment on in which the promise resolves. A call can be lost, never what it is about.
   * @returns what ends it.
   */
  watch(topic: Topic, wake: () => void): Promise<() => Promise<void>>;
}

/** With `messageId` one turn, without it the turns that are opened in a chat. */
export interface Topic {
  readonly tenantId: string;
  readonly chatId: string;
  readonly messageId?: string | undefined;
}
