/** Close codes after which the same attempt can only fail again. */
export const refusalCodes: ReadonlySet<number> = new Set([4400, 4401, 4403, 4404]);
/** The caller holds too many connections or asks too often: later it may work. */
export const tooManyCode = 4429;
/** A normal end that the server chose. */
export const normalCode = 1000;
/** A frame of ours was too long for the server to read. */
export const tooLongCode = 1009;
/** The server restarts: another one, or itself in a moment, is there. */
export const restartCode = 1012;
/** How long to stay away after `tooManyCode` when the server didn't say. Milliseconds. */
export const defaultStayAway = 10_000;

/** Codes that are about who calls or from where, and so about the whole connection. */
export const callerCodes: ReadonlySet<string> = new Set([
  "INVALID_TOKEN",
  "TOKEN_REQUIRED",
  "TOKEN_EXPIRED",
  "ORIGIN_NOT_ALLOWED",
]);

/** Frames that a server may send to a connection again and again before it closes it. */
export const unprovingFrames: ReadonlySet<string> = new Set([
  "error",
  "authenticated",
  "token_expiring",
]);

/** Codes of errors that pass by themselves: the same frame may well succeed in a moment. */
export const passingCodes: ReadonlySet<string> = new Set([
  "SERVICE_UNAVAILABLE",
  "RATE_LIMIT_EXCEEDED",
  "CHAT_BUSY",
]);
/** How long what was refused waits for its next try by itself; for longer, a person decides. Milliseconds. */
export const longestWait = 10_000;
/** How often what was refused is tried again by itself. */
export const mostTries = 5;
