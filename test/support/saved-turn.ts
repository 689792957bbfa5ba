import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import type { Cursor } from "../../api/core/turns/cursor.ts";
import type { Ending } from "../../api/core/message.ts";
import { readTurn } from "../../api/core/turns/read-turn.ts";
import type { TurnWriter } from "../../api/core/turns/live-turn.ts";
import { createTurnLog } from "../../api/core/turns/turn-log.ts";
import { completed, makeFinish, makeFirstTurn } from "../contracts/store-fixtures.ts";
import { createManualClock } from "./clock.ts";
import { refer, testTenant } from "./core.ts";

/** A saved turn that the test itself produces, in a log of its own. */
export async function openSavedTurn() {
  const store = createMemoryStore();
  const clock = createManualClock();
  const log = createTurnLog();
  const { answer } = await store.saveTurn(testTenant, makeFirstTurn());
  const turn = refer(answer);
  const reader = { log, chats: store, clock };
  const controller = new AbortController();
  return {
    store,
    clock,
    log,
    answer,
    turn,
    reader,
    abort: () => controller.abort(),
    read: (after?: Cursor, signal = controller.signal) =>
      readTurn(reader, testTenant, turn, after, signal),
    /** Stores the ending and then publishes it, as a runner does. */
    async end(
      writer: TurnWriter,
      text: string,
      ending: Ending = completed,
      attempt = 1,
    ): Promise<void> {
      await store.finishTurn(testTenant, answer.id, attempt, makeFinish(text, ending));
      writer.end(ending);
    },
  };
}
