import type { ServerFrame } from "../../../api/ws/protocol.ts";
import type { Source } from "../../../element/client/message.ts";

type Data<Type extends ServerFrame["type"]> = Extract<ServerFrame, { type: Type }>["data"];

const turn = { message_id: "answer-1", chat_id: "chat-1" };

export function greeting(extra: Partial<Data<"connection_established">> = {}): ServerFrame {
  return {
    type: "connection_established",
    data: {
      client_id: "c",
      tenant_id: "acme",
      timestamp: "2030-01-01T00:00:00Z",
      visitor_id: "vis-1",
      user_id: null,
      expires_at: null,
      ...extra,
    },
  };
}

/** The answer to an `auth` frame. */
export function authenticated(userId: string | null): ServerFrame {
  const data = { visitor_id: null, user_id: userId, expires_at: "2030-01-01T01:00:00Z" };
  return { type: "authenticated", data };
}

export const expiring: ServerFrame = {
  type: "token_expiring",
  data: { expires_at: "2030-01-01T00:00:30Z" },
};

/** A token as the platform or a tenant signs them, as far as a page can read it. */
export function userToken(subject: string, id = "1"): string {
  const encode = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return [{ typ: "at+jwt" }, { sub: subject, jti: id }, {}].map(encode).join(".");
}

export function processing(
  clientMessageId: string | null | undefined,
  extra: Partial<Data<"processing">> = {},
): ServerFrame {
  return {
    type: "processing",
    data: {
      message: "Processing your request...",
      ...turn,
      question_id: "question-1",
      client_message_id: clientMessageId ?? null,
      ...extra,
    },
  };
}

export function start(attempt = 1, messageId = turn.message_id): ServerFrame {
  return {
    type: "response_start",
    data: { ...turn, message_id: messageId, attempt, cursor: `${attempt}-0` },
  };
}

export function chunk(
  content: string,
  offset: number,
  attempt = 1,
  messageId = turn.message_id,
): ServerFrame {
  const cursor = `${attempt}-${offset + content.length}`;
  return {
    type: "response_chunk",
    data: { ...turn, message_id: messageId, content, offset, attempt, cursor },
  };
}

export function complete(extra: Partial<Data<"response_complete">> = {}): ServerFrame {
  return {
    type: "response_complete",
    data: {
      ...turn,
      total_tokens: 12,
      cost_estimate: 0.001,
      sources: [],
      citations: [],
      total_chunks: 2,
      finish_reason: "stop",
      model: "extractive",
      usage_estimated: false,
      degraded: [],
      attempt: 1,
      cursor: "1-end",
      ...extra,
    },
  };
}

/** The terminal event of a turn that failed. */
export function failure(attempt = 1): ServerFrame {
  return {
    type: "error",
    data: {
      message: "The model stopped answering",
      error_code: "PROCESSING_ERROR",
      ...turn,
      total_chunks: 1,
      attempt,
      cursor: `${attempt}-end`,
    },
  };
}

export function refusal(code: string, extra: Partial<Data<"error">> = {}): ServerFrame {
  return { type: "error", data: { message: `Refused: ${code}`, error_code: code, ...extra } };
}

export function rateLimit(
  retryAfter: number,
  extra: Partial<Data<"rate_limit_exceeded">> = {},
): ServerFrame {
  return {
    type: "rate_limit_exceeded",
    data: { message: "Too many questions", retry_after: retryAfter, ...extra },
  };
}

/** What a server says that goes down or restarts. */
export const reconnect: ServerFrame = {
  type: "reconnect",
  data: { message: "The server restarts: come back and resume", retry_after: 1 },
};

/** The frames of a whole turn, its text in pieces of `size`. */
export function turnOf(text: string, size: number, attempt = 1): ServerFrame[] {
  const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => index * size);
  return [
    start(attempt),
    ...pieces.map((offset) => chunk(text.slice(offset, offset + size), offset, attempt)),
    complete({ attempt, cursor: `${attempt}-end`, total_chunks: pieces.length }),
  ];
}

/** What a server sends to one who resumes at `cursor`: the rest of the turn, what was missed in one piece. */
export function restOf(
  text: string,
  cursor: string | null | undefined,
  attempt = 1,
): ServerFrame[] {
  const [seenAttempt, rank] = (cursor ?? "0-0").split("-");
  const isSameAttempt = Number(seenAttempt) === attempt;
  const from = isSameAttempt ? Number(rank) : 0;
  return [
    ...(isSameAttempt ? [] : [start(attempt)]),
    ...(from < text.length ? [chunk(text.slice(from), from, attempt)] : []),
    complete({ attempt, cursor: `${attempt}-end` }),
  ];
}

export function source(number: number, extra: Partial<Source> = {}): Source {
  return {
    number,
    document_id: `doc-${number}`,
    title: `Document ${number}`,
    url: `https://docs.example/${number}`,
    heading: "Chapter › Section",
    page: null,
    excerpt: `The words of source ${number}.`,
    start: 0,
    end: 10,
    score: 0.9,
    verified: null,
    ...extra,
  };
}
