import type { Ending } from "../message.ts";
import type { Piece, TurnRef, TurnView } from "./turn-event.ts";
import { createWake, type Wake } from "./wake.ts";

/**
 * The log of the turns that this process produces or follows: each one's text in the pieces in which
 * it was published, then one ending. What has ended leaves the log at once, since its message is
 * stored before its ending is published; readers who stand in it keep it until they have read it.
 */
export interface TurnLog {
  /** Makes a turn known before it starts, so that its readers can wait for it. */
  open(turn: TurnRef, attempt: number): TurnWriter;
  find(turn: TurnRef): LiveTurn | undefined;
  /** Resolves when a turn of the chat is opened, or the signal aborts. */
  waitForTurn(tenantId: string, chatId: string, signal: AbortSignal): Promise<void>;
  /** How many turns are under way. */
  readonly size: number;
}

export interface LiveTurn {
  view(): TurnView;
  /** True once nothing more will come from here. */
  readonly done: boolean;
  /** Resolves at the next change, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

export interface TurnWriter {
  start(): void;
  /** Publishes a piece; it is never edited after. */
  append(content: string): void;
  /** Publishes the ending, once; to be called after it has been stored. */
  end(ending: Ending): void;
  /** Leaves the log without an ending: readers go on with what is stored. */
  abandon(): void;
}

export function createTurnLog(): TurnLog {
  const live = new Map<string, LiveTurn>();
  const opened = new Map<string, { wake: Wake; waiting: number }>();
  const chatKey = (tenantId: string, chatId: string) => `${tenantId}/${chatId}`;
  const turnKey = (turn: TurnRef) => `${turn.tenantId}/${turn.messageId}`;

  return {
    open(turn, attempt) {
      const key = turnKey(turn);
      const { reader, writer } = createLiveTurn(attempt, () => {
        if (live.get(key) === reader) live.delete(key);
      });
      live.set(key, reader);
      opened.get(chatKey(turn.tenantId, turn.chatId))?.wake.notify();
      return writer;
    },
    find: (turn) => live.get(turnKey(turn)),
    async waitForTurn(tenantId, chatId, signal) {
      const key = chatKey(tenantId, chatId);
      const entry = opened.get(key) ?? { wake: createWake(), waiting: 0 };
      opened.set(key, entry);
      entry.waiting += 1;
      try {
        await entry.wake.wait(signal);
      } finally {
        entry.waiting -= 1;
        if (entry.waiting === 0) opened.delete(key);
      }
    },
    get size() {
      return live.size;
    },
  };
}

function createLiveTurn(
  attempt: number,
  onEnd: () => void,
): { reader: LiveTurn; writer: TurnWriter } {
  const pieces = new Map<number, Piece>();
  const wake = createWake();
  let started = false;
  let text = "";
  let ending: Ending | null = null;
  let abandoned = false;

  function leave(): void {
    onEnd();
    wake.notify();
  }

  const reader: LiveTurn = {
    view: () => ({ attempt, started, text, ending, pieceAt: (offset) => pieces.get(offset) }),
    get done() {
      return abandoned || ending !== null;
    },
    wait: (signal) => (reader.done ? Promise.resolve() : wake.wait(signal)),
  };
  const writer: TurnWriter = {
    start() {
      started = true;
      wake.notify();
    },
    append(content) {
      if (ending || abandoned || content === "") return;
      pieces.set(text.length, { offset: text.length, content });
      text += content;
      wake.notify();
    },
    end(stored) {
      if (ending || abandoned) return;
      ending = stored;
      leave();
    },
    abandon() {
      if (ending || abandoned) return;
      abandoned = true;
      leave();
    },
  };
  return { reader, writer };
}
