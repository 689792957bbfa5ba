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
