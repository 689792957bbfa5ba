import type { ChatStore, UsageStore } from "../../core/ports.ts";
import type { TurnStore } from "../../core/turns/turn-store.ts";
import { createMemoryChats } from "./chats.ts";
import { createRows } from "./rows.ts";
import { createMemoryTurns } from "./turns.ts";
import { createMemoryUsage } from "./usage.ts";

/**
 * Chats, turns and their usage in the memory of one process: what the tests of the core stand on.
 * @param now the time that usage is counted under.
 */
export function createMemoryStore(
  now: () => Date = () => new Date(),
): ChatStore & TurnStore & UsageStore {
  const rowsOf = createRows();
  return {
    ...createMemoryChats(rowsOf),
    ...createMemoryTurns(rowsOf, now),
    ...createMemoryUsage(rowsOf),
  };
}
