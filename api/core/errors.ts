/**
 * Every error a client can see: its stable code, HTTP status, and the WebSocket close code for when
 * it refuses a connection. GraphQL carries the code in `extensions.code`.
 */
export const errorTable = {
  INVALID_JSON: { status: 400, close: 4400 },
  INVALID_REQUEST: { status: 400, close: 4400 },
  INVALID_CURSOR: { status: 400, close: 4400 },
  QUERY_TOO_COMPLEX: { status: 400, close: 4400 },
  UNKNOWN_FRAME_TYPE: { status: 400, close: 4400 },
  INVALID_DOCUMENT: { status: 400, close: 4400 },
  DOCUMENT_ENCRYPTED: { status: 400, close: 4400 },
  DOCUMENT_WITHOUT_TEXT: { status: 400, close: 4400 },
  DOCUMENT_TOO_COMPLEX: { status: 400, close: 4400 },
  ADDRESS_NOT_ALLOWED: { status: 400, close: 4400 },
  TENANT_REQUIRED: { status: 400, close: 4400 },
  INVALID_TOKEN: { status: 401, close: 4401 },
  TOKEN_EXPIRED: { status: 401, close: 4401 },
  TOKEN_REQUIRED: { status: 401, close: 4401 },
  VISITOR_TOKEN_REQUIRED: { status: 401, close: 4401 },
  ADMIN_REQUIRED: { status: 401, close: 4401 },
  FORBIDDEN: { status: 403, close: 4403 },
  ORIGIN_NOT_ALLOWED: { status: 403, close: 4403 },
  FEATURE_DISABLED: { status: 403, close: 4403 },
  DOCUMENT_LIMIT_REACHED: { status: 403, close: 4403 },
  WEB_SOURCE_LIMIT_REACHED: { status: 403, close: 4403 },
  NOT_FOUND: { status: 404, close: 4404 },
  TENANT_NOT_FOUND: { status: 404, close: 4404 },
  CHAT_NOT_FOUND: { status: 404, close: 4404 },
  MESSAGE_NOT_FOUND: { status: 404, close: 4404 },
  DOCUMENT_NOT_FOUND: { status: 404, close: 4404 },
  WEB_SOURCE_NOT_FOUND: { status: 404, close: 4404 },
  KEY_NOT_FOUND: { status: 404, close: 4404 },
  USER_NOT_FOUND: { status: 404, close: 4404 },
  ERASURE_NOT_FOUND: { status: 404, close: 4404 },
  METHOD_NOT_ALLOWED: { status: 405, close: 4400 },
  NOT_ACCEPTABLE: { status: 406, close: 4400 },
  REQUEST_TIMEOUT: { status: 408, close: 4400 },
  CHAT_BUSY: { status: 409, close: 4409 },
  TENANT_EXISTS: { status: 409, close: 4409 },
  WEB_SOURCE_EXISTS: { status: 409, close: 4409 },
  IDEMPOTENCY_CONFLICT: { status: 409, close: 4409 },
  SOURCE_RESERVED: { status: 409, close: 4409 },
  PAYLOAD_TOO_LARGE: { status: 413, close: 1009 },
  DOCUMENT_TOO_LARGE: { status: 413, close: 1009 },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, close: 4400 },
  UPGRADE_REQUIRED: { status: 426, close: 4400 },
  RATE_LIMIT_EXCEEDED: { status: 429, close: 4429 },
  QUOTA_EXCEEDED: { status: 429, close: 4429 },
  BUDGET_EXCEEDED: { status: 429, close: 4429 },
  TOO_MANY_CONNECTIONS: { status: 429, close: 4429 },
  PROCESSING_ERROR: { status: 500, close: 1011 },
  INTERNAL_ERROR: { status: 500, close: 1011 },
  MODEL_MISCONFIGURED: { status: 500, close: 1011 },
  MODEL_REFUSED_REQUEST: { status: 502, close: 1011 },
  MODEL_UNAVAILABLE: { status: 503, close: 1013 },
  SERVICE_UNAVAILABLE: { status: 503, close: 1013 },
  MODEL_TIMEOUT: { status: 504, close: 1013 },
} as const satisfies Record<string, { status: number; close: number }>;

export type ErrorCode = keyof typeof errorTable;

/** An error whose message is safe to show to a client; what is private stays in `cause`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Whole seconds until a retry can succeed. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get closeCode(): number {
    return errorTable[this.code].close;
  }
}

/** Ours as it is; a stranger masked as `fallback`, itself kept as the private cause. */
export function toAppError(
  error: unknown,
  fallback: "INTERNAL_ERROR" | "PROCESSING_ERROR" = "INTERNAL_ERROR",
): AppError {
  if (error instanceof AppError) return error;
  const message =
    fallback === "PROCESSING_ERROR"
      ? "Failed to process message"
      : "Something went wrong on our side";
  return new AppError(fallback, message, { cause: error });
}

/** Alike whether the text is another, the chat is another, or the message is someone else's. */
/** For a page that would go on behind a message that is no longer shown. */
export function historyChanged(): AppError {
  return new AppError("INVALID_CURSOR", "The history is another now: read it from the beginning");
}

export function idempotencyConflict(): AppError {
  return new AppError(
    "IDEMPOTENCY_CONFLICT",
    "This client_message_id was used for another message",
  );
}

/** Something outside stands in the way of the start; its text tells a person what to do. */
export class StartError extends Error {
  override name = "StartError";
}
