import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../core/errors.ts";
import { reconnectFrame, restartText } from "../core/restart.ts";
import { securityHeaders } from "../core/security-headers.ts";
import { closeCodes, errorFrame, type ServerFrame } from "./protocol.ts";

/** The refusal of who comes while the server goes down. */
export const restarting = new AppError("SERVICE_UNAVAILABLE", restartText, {
  retryAfter: reconnectFrame.data.retry_after,
});

/** How a page is refused, which can't read a handshake's status: by a frame and a close code. */
export function toLastWords(error: AppError): {
  readonly frame: ServerFrame;
  readonly code: number;
  readonly reason: string;
} {
  if (error === restarting)
    return { frame: reconnectFrame, code: closeCodes.serviceRestart, reason: restartText };
  return { frame: errorFrame(error), code: error.closeCode, reason: error.code };
}

/** A refusal before the upgrade, in the JSON shape of the REST door's errors. */
export function writeRefusal(
  { status, code, message, retryAfter }: AppError,
  socket: Duplex,
): void {
  const body = JSON.stringify({ error: { code, message } });
  const retry = retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`];
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
    ...retry,
  ];
  // A peer that never closes its half would hold the socket for ever.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
