import { idlePollMs, type ReaderDeps } from "./read-turn.ts";

/** The time until there may be something new in a chat. */
export interface ChatPause {
  readonly over: Promise<void>;
  readonly isOver: boolean;
  /** Ends it at once. */
  end(): void;
}

/**
 * Begun before the store is asked, so that what happens meanwhile is not missed. It is over when something is told of
 * the chat, when one of the signals aborts, and after a while.
 */
export function createChatPause(
  deps: Pick<ReaderDeps, "clock" | "log">,
  tenantId: string,
  chatId: string,
  signals: readonly AbortSignal[],
): ChatPause {
  const stop = new AbortController();
  const end = () => stop.abort();
  let isOver = false;
  // Ten times as long as one turn's poll: here a wake-up can only be lost with another process.
  const cancelTimer = deps.clock.after(10 * idlePollMs, end);
  for (const signal of signals) {
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  }
  const over = deps.log.waitForTurn(tenantId, chatId, stop.signal).finally(() => {
    isOver = true;
    cancelTimer();
    for (const signal of signals) signal.removeEventListener("abort", end);
  });
  return {
    over,
    get isOver() {
      return isOver;
    },
    end,
  };
}
