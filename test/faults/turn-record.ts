import { compareCursors, parseCursor, type Cursor } from "../../api/core/turns/cursor.ts";
import type { FindingKind } from "./finding.ts";

/** How a turn ended, in the words of the database; undefined where a door doesn't tell. */
export interface SeenEnding {
  readonly finishReason: string | null;
  readonly errorCode: string | null;
  readonly totalTokens: number | undefined;
}

/** An event of a turn as it came through any door. */
export type Arrival = {
  readonly messageId: string;
  readonly attempt: number;
  readonly cursor: string;
} & (
  | { readonly type: "start" }
  | { readonly type: "chunk"; readonly offset: number; readonly content: string }
  | { readonly type: "end"; readonly ending: SeenEnding }
);

export interface Wrong {
  readonly kind: FindingKind;
  readonly text: string;
}

/** What one reader has of one turn, checked event by event. */
export interface TurnRecord {
  readonly text: string;
  /** 0: nothing has come yet. */
  readonly attempt: number;
  /** To come back with. */
  readonly cursor: string | undefined;
  readonly ending: SeenEnding | undefined;
  /** @returns what is wrong with it. */
  take(arrival: Arrival): Wrong | undefined;
}

export function createTurnRecord(): TurnRecord {
  let text = "";
  let attempt = 0;
  let cursor: { shown: string; place: Cursor } | undefined;
  let ending: SeenEnding | undefined;

  /** Before anything is changed. */
  function judge(arrival: Arrival, place: Cursor): Wrong | undefined {
    if (ending) {
      const kind = arrival.type === "end" ? "second endings" : "reordered";
      return { kind, text: `${arrival.type} ${arrival.cursor} after the end` };
    }
    if (place.attempt !== arrival.attempt)
      return { kind: "reordered", text: `cursor ${arrival.cursor} in attempt ${arrival.attempt}` };
    if (arrival.type === "start") return undefined;
    if (arrival.attempt > attempt)
      return { kind: "lost", text: `the start of attempt ${arrival.attempt}` };
    if (arrival.type === "end") return undefined;
    const { offset, content } = arrival;
    const where = `a chunk at ${offset} (${content.length} long), expected at ${text.length}`;
    if (offset > text.length) return { kind: "lost", text: where };
    if (offset < text.length) return { kind: "duplicated", text: where };
    if (content === "" || place.rank !== offset + content.length)
      return { kind: "reordered", text: `${where}, has the cursor ${arrival.cursor}` };
    return undefined;
  }

  return {
    get text() {
      return text;
    },
    get attempt() {
      return attempt;
    },
    get cursor() {
      return cursor?.shown;
    },
    get ending() {
      return ending;
    },
    take(arrival) {
      const place = parseCursor(arrival.cursor);
      const order = cursor && compareCursors(place, cursor.place);
      const wrong = judge(arrival, place);
      if (wrong) return wrong;
      if (order !== undefined && order <= 0) {
        const text = `${arrival.type} ${arrival.cursor} after ${cursor?.shown}`;
        return { kind: order === 0 ? "duplicated" : "reordered", text };
      }
      cursor = { shown: arrival.cursor, place };
      if (arrival.type === "start") {
        text = "";
        attempt = arrival.attempt;
      } else if (arrival.type === "chunk") text += arrival.content;
      else ending = arrival.ending;
      return undefined;
    },
  };
}
