import { z } from "zod";
import { holdsSecret } from "../core/access/secret-forms.ts";
import { AppError } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import { restartCloseCode, type reconnectFrame } from "../core/restart.ts";
import type { turnFrame } from "../core/turns/turn-event.ts";

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

const id = z.string().min(1).max(128);
/** A name that the client chooses: no control characters. */
const label = z
  .string()
  .regex(
    /^[^\p{Cc}\p{Cs}]{1,128}$/u,
    "1 to 128 characters without control characters are expected",
  );

const proof = z.string().min(1).nullish();
const authData = z
  .object({
    /** Of any kind: a user's, a visitor's, an API key, the admin's. */
    token: proof,
    api_key: proof,
    visitor_token: proof,
    ticket: proof,
  })
  .refine((data) => Object.values(data).some((given) => given !== undefined && given !== null), {
    message: "at least one of token, api_key, visitor_token and ticket is expected",
  });

/** What an `auth` frame shows. */
export type AuthData = z.infer<typeof authData>;

/** Every frame that a client may send. */
export const clientFrameSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ping"), data: z.object({}).optional() }),
  z.object({ type: z.literal("auth"), data: authData }),
  z.object({
    type: z.literal("chat_message"),
    data: z.object({
      message: z.string(),
      /** Left out: the chat of this connection's last message. Null: a new one. */
      chat_id: id.nullish(),
      /** False: the whole answer in one chunk. Default true. */
      stream: z.boolean().nullish(),
      /** Unique per caller: sent again, it finds the same turn and never asks twice. */
      client_message_id: label.nullish(),
    }),
  }),
  z.object({
    type: z.literal("resume"),
    data: z.object({
      message_id: id,
      /** The last cursor seen; left out: from the start. */
      cursor: z.string().max(64).nullish(),
      stream: z.boolean().nullish(),
    }),
  }),
  z.object({ type: z.literal("cancel"), data: z.object({ message_id: id }) }),
  z.object({
    type: z.literal("feedback"),
    data: z.object({
      message_id: id,
      /** Null takes the feedback back. */
      rating: z.enum(["up", "down"]).nullable(),
      comment: z.string().nullish(),
    }),
  }),
]);

export type ClientFrame = z.infer<typeof clientFrameSchema>;

const clientFrameTypes: ReadonlySet<unknown> = new Set(
  clientFrameSchema.options.map((option) => option.shape.type.value),
);

export type TurnFrame = ReturnType<typeof turnFrame>;

export type ServerFrame =
  | TurnFrame
  /** The connection is closed next: come back and resume. */
  | typeof reconnectFrame
  | {
      type: "connection_established";
      data: {
        client_id: string;
        tenant_id: string;
        timestamp: string;
        visitor_id: string | null;
        /** Our own id of the user whose token was shown. */
        user_id: string | null;
        /** When the first of the shown credentials expires; null: never. */
        expires_at: string | null;
        visitor_token?: string;
      };
    }
  /** Answers `auth` on a connection that was good already. */
  | {
      type: "authenticated";
      data: {
        visitor_id: string | null;
        user_id: string | null;
        expires_at: string | null;
        visitor_token?: string;
      };
    }
  /** The connection is closed then, unless an `auth` frame comes before. */
  | { type: "token_expiring"; data: { expires_at: string } }
  | {
      type: "processing";
      data: {
        message: string;
        chat_id: string;
        message_id: string;
        question_id: string;
        client_message_id: string | null;
      };
    }
  | { type: "pong"; data: { timestamp: string } }
  | {
      type: "feedback_saved";
      data: { message_id: string; chat_id: string; rating: "up" | "down" | null };
    }
  | { type: "rate_limit_exceeded"; data: { message: string; retry_after: number } & FrameOrigin }
  | {
      type: "error";
      data: { message: string; error_code: string; retry_after?: number } & FrameOrigin;
    };

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
  if (frame.type !== "chat_message") return pickNames({ message_id: frame.data.message_id });
  const { chat_id, client_message_id } = frame.data;
  const label = client_message_id && !holdsSecret(client_message_id) ? { client_message_id } : {};
  return { ...pickNames({ chat_id }), ...label };
}

function pickNames(names: Record<string, string | null | undefined>): FrameOrigin {
  const isName = (name: string | null | undefined) => name && isId(name) && !holdsSecret(name);
  return Object.fromEntries(Object.entries(names).filter(([, name]) => isName(name)));
}
