import { formatCursor, parseCursor } from "../../api/core/turns/cursor.ts";
import type { Message } from "../../api/core/message.ts";
import { readTurn, type ReaderDeps } from "../../api/core/turns/read-turn.ts";
import type { TurnEvent } from "../../api/core/turns/turn-event.ts";
import { refer, testTenant } from "./core.ts";

/** A reader that comes and goes, and takes nothing along but the last cursor that it saw. */
export interface Traveller {
  readonly answer: Message;
  readonly seen: readonly TurnEvent[];
  isDone(): boolean;
  /** Leaves where it reads now, and goes on in that process. */
  enter(reader: ReaderDeps): Promise<void>;
  /** Settles when it has read all that there is where it is. */
  finished(): Promise<void>;
}

export function createTraveller(answer: Message): Traveller {
  const seen: TurnEvent[] = [];
  let leave = (): void => undefined;
  let done: Promise<void> = Promise.resolve();

  async function read(reader: ReaderDeps, signal: AbortSignal): Promise<void> {
    const last = seen.at(-1)?.cursor;
    const after = last && parseCursor(formatCursor(last));
    for await (const event of readTurn(reader, testTenant, refer(answer), after, signal)) {
      seen.push(event);
    }
  }

  return {
    answer,
    seen,
    isDone: () => seen.at(-1)?.type === "end",
    async enter(reader) {
      leave();
      await done;
      const controller = new AbortController();
      leave = () => controller.abort();
      done = read(reader, controller.signal);
      done.catch(() => "Whoever awaits `finished` gets the rejection");
    },
    finished: () => done,
  };
}
