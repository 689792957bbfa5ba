import { setTimeout as sleep } from "node:timers/promises";
import type { OpenTurn, StoredTurns } from "./stored-turns.ts";

/** The database's turns as they are seen by looking again and again. */
export interface TurnWatch {
  /** Begins to look for the end of an accepted turn. */
  expect(messageId: string): void;
  /** When it was first seen to have ended; milliseconds since the epoch. */
  readonly endedAt: (messageId: string) => number | undefined;
  /** The last text that was stored of it while it was under way. */
  lastText(messageId: string): string;
  /** Told of each look, with the time before which it was taken. */
  onLook(listen: (open: readonly OpenTurn[], at: number) => Promise<void>): void;
  /** How many of the expected ones have not ended. */
  readonly open: number;
  close(): Promise<void>;
}

const lookMs = 60;

export function watchTurns(stored: StoredTurns): TurnWatch {
  const waiting = new Set<string>();
  const ended = new Map<string, number>();
  const texts = new Map<string, string>();
  const listeners = new Set<(open: readonly OpenTurn[], at: number) => Promise<void>>();
  let isClosed = false;

  async function look(): Promise<void> {
    const candidates = [...waiting];
    const open = await stored.listOpen();
    const at = Date.now();
    const ids = new Set(open.map(({ id }) => id));
    for (const { id, content } of open) texts.set(id, content);
    for (const id of candidates) {
      if (ids.has(id)) continue;
      waiting.delete(id);
      ended.set(id, at);
    }
    for (const listen of listeners) await listen(open, at);
  }

  async function keepLooking(): Promise<void> {
    while (!isClosed) {
      await look();
      await sleep(lookMs);
    }
  }

  const looking = keepLooking();
  return {
    expect: (messageId) => void waiting.add(messageId),
    endedAt: (messageId) => ended.get(messageId),
    lastText: (messageId) => texts.get(messageId) ?? "",
    onLook: (listen) => void listeners.add(listen),
    get open() {
      return waiting.size;
    },
    async close() {
      isClosed = true;
      await looking;
    },
  };
}
