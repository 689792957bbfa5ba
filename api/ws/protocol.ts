import type { z } from "zod";
import { holdsSecret } from "../core/access/secret-forms.ts";
import { AppError } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import { restartCloseCode } from "../core/restart.ts";
import type { turnFrame } from "../core/turns/turn-event.ts";
import { clientFrameSchema, type authDataSchema } from "./protocol/client-frames.ts";
import type { ChatFrame } from "../core/turns/chat-frame.ts";
import type { chatFrames } from "./protocol/chat-frames.ts";
import type { serverFrames, turnFrames } from "./protocol/server-frames.ts";

/** The largest frame that is answered; a larger one gets `PAYLOAD_TOO_LARGE`. Bytes. */
export const maxFrameBytes = 64 * 1024;
/** Above this the connection is closed (1009) before the frame is held in memory. Bytes. */
export const maxPayloadBytes = 1024 * 1024;

/**
 * What we close with. The codes for an error, with which connections are refused and ended, stand in the table of
 * core/errors.ts, that of slow readers in core/watched-connection.ts.
 */
export const closeCodes = {
  /** The server goes down or restarts: come back and resume. */
  serviceRestart: restartCloseCode,
} as const;

/** What an `auth` frame shows. */
export type AuthData = z.infer<typeof authDataSchema>;

export type ClientFrame = z.infer<typeof clientFrameSchema>;

const clientFrameTypes: ReadonlySet<unknown> = new Set(
  clientFrameSchema.options.map((option) => option.shape.type.value),
);

/** Every frame that the server sends. */
export type ServerFrame = z.infer<(typeof serverFrames)[number]>;

// The core makes the frames of turns, and knows no schema: its types are held against ours here.
type Fits<Frame extends z.infer<(typeof turnFrames)[number]>> = Frame;
export type TurnFrame = Fits<ReturnType<typeof turnFrame>>;
type FitsChat<Frame extends z.infer<(typeof chatFrames | typeof turnFrames)[number]>> = Frame;
export type FollowedFrame = FitsChat<ChatFrame>;

/** What the refused frame named, so that its sender knows which one it was. */
export interface FrameOrigin {
  message_id?: string;
  chat_id?: string;
  client_message_id?: string;
}

/** @throws AppError INVALID_JSON, UNKNOWN_FRAME_TYPE, INVALID_REQUEST, PAYLOAD_TOO_LARGE */
export function parseClientFrame(text: string): ClientFrame {
  if (Buffer.byteLength(text) > maxFrameBytes) {
    throw new AppError("PAYLOAD_TOO_LARGE", `A frame is at most ${maxFrameBytes} bytes`);
  }
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("INVALID_REQUEST", 'A frame is an object: {"type": …, "data": {…}}');
  }
  const type = "type" in value ? value.type : undefined;
  if (typeof type !== "string") throw new AppError("INVALID_REQUEST", "type: a string is expected");
  if (!clientFrameTypes.has(type)) {
    // Said back where it can only be a name.
    const name = /^[a-z_]{1,31}$/.test(type) ? ` ${JSON.stringify(type)}` : "";
    throw new AppError("UNKNOWN_FRAME_TYPE", `Unknown frame type${name}`);
  }
  const result = clientFrameSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new AppError(
    "INVALID_REQUEST",
    `${issue?.path.join(".") || "frame"}: ${issue?.message ?? "invalid"}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("INVALID_JSON", "The frame is not JSON", { cause: error });
  }
}

/** An error as a frame; a rate limit has a type of its own. */
export function errorFrame(error: AppError, origin: FrameOrigin = {}): ServerFrame {
  const { message, code, retryAfter } = error;
  if (code === "RATE_LIMIT_EXCEEDED") {
    return {
      type: "rate_limit_exceeded",
      data: { message, retry_after: retryAfter ?? 1, ...origin },
    };
  }
  const retry = retryAfter === undefined ? {} : { retry_after: retryAfter };
  return { type: "error", data: { message, error_code: code, ...retry, ...origin } };
}

/** The names that a frame carries, for the error that answers it; what can be none is not said back. */
export function originOf(frame: ClientFrame): FrameOrigin {
  if (frame.type === "ping" || frame.type === "auth") return {};
  if (frame.type === "subscribe" || frame.type === "unsubscribe")
    return pickNames({ chat_id: frame.data.chat_id });
  const { client_message_id: given } = { client_message_id: undefined, ...frame.data };
  const label = given && !holdsSecret(given) ? { client_message_id: given } : {};
  if (frame.type === "chat_message")
    return { ...pickNames({ chat_id: frame.data.chat_id }), ...label };
  return { ...pickNames({ message_id: frame.data.message_id }), ...label };
}

function pickNames(names: Record<string, string | null | undefined>): FrameOrigin {
  const isName = (name: string | null | undefined) => name && isId(name) && !holdsSecret(name);
  return Object.fromEntries(Object.entries(names).filter(([, name]) => isName(name)));
}
