import type { ChatStore, TurnStore } from "../../core/ports.ts";
import { createMemoryChats } from "./chats.ts";
import { createRows } from "./rows.ts";
import { createMemoryTurns } from "./turns.ts";

/** Chats and turns in the memory of one process: what the tests of the core stand on. */
export function createMemoryStore(): ChatStore & TurnStore {
  const rowsOf = createRows();
  return { ...createMemoryChats(rowsOf), ...createMemoryTurns(rowsOf) };
}
