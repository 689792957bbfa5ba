import type { ServerFrame } from "../../api/ws/protocol.ts";

/** An error as callbacks and events carry it. */
export class ChatError extends Error {
  /** The server's stable code, or one of ours: UNREACHABLE, CONNECTION_REFUSED, CONNECTION_LOST. */
  readonly code: string;
  /** Seconds until it can go better, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, options: ErrorOptions & { retryAfter?: number } = {}) {
    super(message, options);
    this.name = "ChatError";
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

/** What a frame says went wrong, if it says so. */
export function errorOf({ type, data }: ServerFrame): ChatError | undefined {
  if (type === "error") return new ChatError(data.error_code, data.message);
  if (type !== "rate_limit_exceeded") return undefined;
  return new ChatError("RATE_LIMIT_EXCEEDED", data.message);
}
