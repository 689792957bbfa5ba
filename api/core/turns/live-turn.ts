import type { Ending } from "../message.ts";
import type { Piece, TurnView } from "./turn-event.ts";
import { createWake } from "./wake.ts";

/** A turn under way, as its readers in this process see it. */
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
  /** Leaves the log without an ending: readers go on with what is stored, or with the next attempt. */
  abandon(): void;
}

export interface LiveTurnWriter extends TurnWriter {
  /** A later attempt begins: the text starts afresh. */
  restart(attempt: number): void;
}

/** @param onDone called once, before its readers are told. */
export function createLiveTurn(
  firstAttempt: number,
  onDone: () => void = () => undefined,
): { reader: LiveTurn; writer: LiveTurnWriter } {
  const wake = createWake();
  let pieces = new Map<number, Piece>();
  let attempt = firstAttempt;
  let started = false;
  let text = "";
  let ending: Ending | null = null;
  let isAbandoned = false;
  /** Shared by all readers until the next change. */
  let view: TurnView | undefined;
  const isDone = () => isAbandoned || ending !== null;

  function change(): void {
    view = undefined;
    wake.notify();
  }

  function leave(): void {
    onDone();
    change();
  }

  function look(): TurnView {
    const known = pieces;
    return { attempt, started, text, ending, pieceAt: (offset) => known.get(offset) };
  }

  const reader: LiveTurn = {
    view: () => (view ??= look()),
    get done() {
      return isDone();
    },
    wait: (signal) => (isDone() ? Promise.resolve() : wake.wait(signal)),
  };
  const writer: LiveTurnWriter = {
    start() {
      started = true;
      change();
    },
    append(content) {
      if (isDone() || content === "") return;
      pieces.set(text.length, { offset: text.length, content });
      text += content;
      change();
    },
    end(stored) {
      if (isDone()) return;
      ending = stored;
      leave();
    },
    abandon() {
      if (isDone()) return;
      isAbandoned = true;
      leave();
    },
    restart(next) {
      if (isDone()) return;
      pieces = new Map();
      [attempt, text, started] = [next, "", true];
      change();
    },
  };
  return { reader, writer };
}
