import type { ServerFrame } from "../../api/ws/protocol.ts";
import { ChatError } from "./chat-error.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { defaultStayAway, tooManyCode } from "./refusals.ts";

/** Why a connection ends, said before it does. */
export interface Farewell {
  readonly message: string;
  /** Undefined: the browser said it. */
  readonly code?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
}

/** The page doesn't give the token that was asked for: as if the connection had been lost. */
export const silentProvider = {
  message: "The page doesn't say who is signed in",
  code: "TOKEN_UNAVAILABLE",
} as const;

/** What an error says of the connection; undefined for other frames. */
export function farewellOf({ type, data }: ServerFrame): Farewell | undefined {
  if (type !== "error" && type !== "rate_limit_exceeded") return undefined;
  const code = "error_code" in data ? data.error_code : "RATE_LIMIT_EXCEEDED";
  const retryAfter = "retry_after" in data ? data.retry_after : undefined;
  return { message: data.message, code, retryAfter };
}

/** Why no socket was opened: for a bad address, or an insecure socket on a secure page, the browser throws. */
export function farewellTo(cause: unknown): Farewell {
  const message = cause instanceof Error ? cause.message : String(cause);
  return { message, code: cause instanceof ChatError ? cause.code : undefined };
}

export function reasonOf(
  farewell: Farewell | undefined,
): Pick<ConnectionStatus, "error" | "errorCode"> {
  if (!farewell) return {};
  const { message: error, code } = farewell;
  return code === undefined ? { error } : { error, errorCode: code };
}

/** Milliseconds before which the server can't or won't have us back. */
export function stayAway(closeCode: number, farewell: Farewell | undefined): number {
  const known = farewell?.retryAfter;
  if (known === undefined) return closeCode === tooManyCode ? defaultStayAway : 0;
  return known * 1000;
}
