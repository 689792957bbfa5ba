import type { DoorName } from "./conversation-plan.ts";
import type { Arrival } from "./turn-record.ts";

/** What a client comes for. */
export type Errand =
  | {
      readonly type: "ask";
      readonly content: string;
      readonly key: string;
      readonly keyIn: "header" | "field";
      /** Undefined: a new chat. */
      readonly chatId: string | undefined;
    }
  | {
      readonly type: "turn";
      readonly chatId: string;
      readonly messageId: string;
      readonly cursor: string | undefined;
    }
  | {
      readonly type: "chat";
      readonly chatId: string;
      /** `<message_id>` or `<message_id>/<cursor>`. */
      readonly place: string;
    };

/** How a visit ended, for its client. */
export type Departure =
  /** The line broke, or was silent for too long. */
  | { readonly type: "dropped"; readonly why: string }
  /** The server said that the client is to come back. */
  | { readonly type: "announced"; readonly why: string }
  /** An orderly end with all that was to be had, or the client's own. */
  | { readonly type: "over" }
  /** An orderly end although there is more. */
  | { readonly type: "cut"; readonly why: string }
  /** An error that no client should see. */
  | { readonly type: "refused"; readonly why: string };

/** What a client can do with its connection to be slow. */
export interface Throttle {
  pause(): void;
  resume(): void;
}

export interface AcceptedTurn {
  readonly chatId: string;
  /** Of the answer. */
  readonly messageId: string;
}

/** One connection through one door, from its opening to its end. */
export interface Visit {
  /** Such as http://127.0.0.1:4711. */
  readonly origin: string;
  readonly tenantId: string;
  readonly errand: Errand;
  readonly onOpen: (throttle: Throttle) => void;
  /** A chat was made for the question, which has yet to be asked in it. */
  readonly onChat: (chatId: string) => void;
  readonly onAccepted: (turn: AcceptedTurn) => void;
  readonly onArrival: (arrival: Arrival) => void;
  /** Whether all is there that the client came for. */
  readonly isDone: () => boolean;
  /** Aborts when the client goes. */
  readonly leave: AbortSignal;
}

export type Door = (visit: Visit) => Promise<Departure>;

export type Doors = Readonly<Record<DoorName, Door>>;

/** Errors after which the protocol tells a client to come back. */
const passing: ReadonlySet<string> = new Set([
  "SERVICE_UNAVAILABLE",
  "RATE_LIMIT_EXCEEDED",
  "TOO_MANY_CONNECTIONS",
  "CHAT_BUSY",
]);

/** @param code of an error that the server sent. */
export function departFor(code: string, text = ""): Departure {
  const why = `${code} ${text}`.trim();
  return passing.has(code) ? { type: "announced", why } : { type: "refused", why };
}

/** @param codes with which the server tells a client to come back. */
export function departAt(code: number, codes: readonly number[], isDone: boolean): Departure {
  const why = `closed with ${code}`;
  if (code === 1006) return { type: "dropped", why };
  if (codes.includes(code)) return { type: "announced", why };
  if (isDone) return { type: "over" };
  const isOrderly = code === 1000 || code === 1001 || code === 1005;
  return isOrderly ? { type: "cut", why } : { type: "refused", why };
}
