import { errorTable, type ErrorCode } from "../../core/errors.ts";
import { slowReaderCloseCode } from "../../core/watched-connection.ts";
import { closeCodes } from "../protocol.ts";

/** A code with which a connection ends. */
export interface CloseCode {
  readonly code: number;
  readonly meaning: string;
  /** What a client should do. */
  readonly advice: string;
}

const closeOf = (code: ErrorCode) => errorTable[code].close;
const later = "Wait, then reconnect and resume";

export const documentedCloseCodes: readonly CloseCode[] = [
  {
    code: 1006,
    meaning: "Nobody said anything: the line is gone",
    advice: "Reconnect with growing pauses and resume",
  },
  {
    code: closeOf("PAYLOAD_TOO_LARGE"),
    meaning: "A frame was larger than 1 MiB",
    advice: "Don't send it again",
  },
  { code: closeOf("INTERNAL_ERROR"), meaning: "The fault is the server's", advice: later },
  {
    code: closeCodes.serviceRestart,
    meaning: "The server restarts; a `reconnect` frame came before",
    advice: "Reconnect after a random part of a second, and resume",
  },
  {
    code: closeOf("SERVICE_UNAVAILABLE"),
    meaning: "The database is away for a moment",
    advice: later,
  },
  {
    code: closeOf("INVALID_REQUEST"),
    meaning: "The handshake is malformed",
    advice: "Mend it; don't retry",
  },
  {
    code: closeOf("INVALID_TOKEN"),
    meaning: "A proof is refused or has expired, or one is asked for; the `error` frame says which",
    advice: "Get a fresh proof; see the protocol's table of refusals",
  },
  {
    code: closeOf("ORIGIN_NOT_ALLOWED"),
    meaning: "The page's origin is not allowed, or the feature is switched off",
    advice: "Don't retry",
  },
  {
    code: closeOf("TENANT_NOT_FOUND"),
    meaning: "There is no such tenant, or it is suspended",
    advice: "Don't retry",
  },
  {
    code: slowReaderCloseCode,
    meaning: "The reader took nothing for too long",
    advice: "Reconnect and resume",
  },
  {
    code: closeOf("RATE_LIMIT_EXCEEDED"),
    meaning: "Too many requests or connections",
    advice: "Wait as long as `retry_after` says, then reconnect",
  },
];
