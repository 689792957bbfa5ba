import type { FindingKind } from "./finding.ts";
import { createTurnRecord, type Arrival, type TurnRecord } from "./turn-record.ts";
import type { AcceptedTurn, Errand } from "./visit.ts";

export interface ReadingOptions {
  /** One turn, or all turns of a chat one after another. */
  readonly scope: "turn" | "chat";
  /** The turns that are to be seen to their ends, in order, as far as they are known. */
  readonly turns: () => readonly AcceptedTurn[];
  /** Whether there may be more of them. */
  readonly mayGrow: () => boolean;
  readonly note: (text: string) => void;
  readonly find: (kind: FindingKind, text: string) => void;
}

/** What a client has read so far. */
export interface Reading {
  readonly records: ReadonlyMap<string, TurnRecord>;
  /** @returns false when it is none of the client's turns. */
  take(arrival: Arrival): boolean;
  /** The first turn whose end is missing. */
  awaited(): AcceptedTurn | undefined;
  isDone(): boolean;
  /** To go on behind what has been read; undefined while no turn is known. */
  goOn(): Errand | undefined;
}

export function createReading(options: ReadingOptions): Reading {
  const { scope, turns, note, find } = options;
  const records = new Map<string, TurnRecord>();
  let last: string | undefined;

  const awaited = () => turns().find(({ messageId }) => !records.get(messageId)?.ending);

  function judgeOrder(messageId: string): void {
    const before = last === undefined ? undefined : records.get(last);
    if (last !== messageId && before && !before.ending)
      find("reordered", `${messageId} begins before ${last} has ended`);
    last = messageId;
  }

  return {
    records,
    take(arrival) {
      const { messageId, type, cursor } = arrival;
      const isMine = scope === "chat" || turns().some((turn) => turn.messageId === messageId);
      if (!isMine) return false;
      const where = arrival.type === "chunk" ? ` at ${arrival.offset}` : "";
      note(`${messageId} ${type} ${cursor}${where}`);
      judgeOrder(messageId);
      const record = records.get(messageId) ?? createTurnRecord();
      records.set(messageId, record);
      const wrong = record.take(arrival);
      if (wrong) find(wrong.kind, `${messageId}: ${wrong.text}`);
      return true;
    },
    awaited,
    isDone: () => !options.mayGrow() && awaited() === undefined,
    goOn() {
      const [first] = turns();
      if (!first) return undefined;
      const { chatId, messageId } = first;
      if (scope === "turn")
        return { type: "turn", chatId, messageId, cursor: records.get(messageId)?.cursor };
      const cursor = last && records.get(last)?.cursor;
      return { type: "chat", chatId, place: cursor ? `${last}/${cursor}` : messageId };
    },
  };
}
