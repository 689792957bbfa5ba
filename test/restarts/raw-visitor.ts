import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import type { ServerFrame, TurnFrame } from "../../api/ws/protocol.ts";
import type { Random } from "../faults/random.ts";
import { createAnswerReader, type AnswerReader } from "../support/answer-reader.ts";
import type { ReadAnswer, Visitor, VisitorCounts } from "./visitor.ts";

export interface RawVisitorOptions {
  /** ws://host:port/path */
  readonly url: string;
  readonly tenantId: string;
  readonly random: Random;
  readonly counts: VisitorCounts;
}

/** After these a client comes back and resumes; see the table in docs/protocol.md. */
const passingCloses = new Set([1006, 1011, 1012, 1013, 4408]);
/** A handshake that these statuses refuse is tried again. */
const passingStatuses = new Set([502, 503]);
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** A question under way. */
interface Pending {
  readonly question: string;
  readonly clientMessageId: string;
  readonly reader: AnswerReader;
  readonly answered: PromiseWithResolvers<ReadAnswer>;
  wasSent: boolean;
  /** Known from `processing` on. */
  messageId: string | undefined;
}

/** A client on a raw WebSocket that does what docs/protocol.md asks of one, and no more. */
export function createRawVisitor({ url, tenantId, random, counts }: RawVisitorOptions): Visitor {
  const clientId = randomUUID();
  let ws: WebSocket | undefined;
  let token: string | undefined;
  let chatId: string | null = null;
  let pending: Pending | undefined;
  let failures = 0;
  /** The connection that was given up at a `reconnect`. */
  let left: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isGreeted = false;
  let isClosed = false;

  function connect(): void {
    const query = { tenant_id: tenantId, client_id: clientId, ...(token ? { token } : {}) };
    const line = new WebSocket(`${url}?${new URLSearchParams(query).toString()}`);
    ws = line;
    line.on("unexpected-response", (_request, { statusCode = 0 }) => {
      counts.refusedHandshakes += 1;
      if (!passingStatuses.has(statusCode)) fail(`a handshake is refused with ${statusCode}`);
      line.terminate();
    });
    line.on("error", () => undefined); // a close follows
    line.on("message", (data: Buffer) => take(JSON.parse(data.toString())));
    line.on("close", (code) => {
      if (isClosed) return;
      isGreeted = false;
      clearTimeout(timer);
      const shown = line === left ? "left" : code;
      counts.closes.set(shown, (counts.closes.get(shown) ?? 0) + 1);
      if (shown !== "left" && !passingCloses.has(code))
        return fail(`the connection is closed with ${code}`);
      timer = setTimeout(connect, choosePause(code === 1012 || shown === "left"));
      failures += 1;
    });
  }

  /** After a restart some part of a second, else one that grows from time to time. */
  function choosePause(isRestart: boolean): number {
    if (isRestart) return random.next() * 1000;
    return Math.min(firstPauseMs * 2 ** failures, longestPauseMs) * (0.5 + random.next() / 2);
  }

  /** Sends what the server doesn't know: the question, or from where on its answer is missing. */
  function send(): void {
    if (!pending || !isGreeted || ws?.readyState !== WebSocket.OPEN) return;
    const { messageId, clientMessageId, question, reader } = pending;
    if (messageId === undefined) {
      if (pending.wasSent) counts.resentQuestions += 1;
      pending.wasSent = true;
      const data = { message: question, chat_id: chatId, client_message_id: clientMessageId };
      return ws.send(JSON.stringify({ type: "chat_message", data }));
    }
    counts.resumes += 1;
    const data = { message_id: messageId, ...(reader.cursor ? { cursor: reader.cursor } : {}) };
    ws.send(JSON.stringify({ type: "resume", data }));
  }

  function take(frame: ServerFrame): void {
    if (isOfTurn(frame)) return read(frame);
    switch (frame.type) {
      case "connection_established":
        counts.connections += 1;
        failures = 0;
        isGreeted = true;
        token = frame.data.visitor_token ?? token;
        return send();
      case "reconnect":
        counts.reconnectFrames += 1;
        // The server closes by itself; a client needn't wait for that, and some don't.
        if (random.chance(0.5)) return;
        left = ws;
        ws?.close();
        return;
      case "processing":
        if (frame.data.client_message_id !== pending?.clientMessageId)
          return fail("processing comes for another question");
        pending.messageId = frame.data.message_id;
        chatId = frame.data.chat_id;
        return;
      case "error":
        if (frame.data.error_code !== "SERVICE_UNAVAILABLE")
          return fail(`an error is shown: ${frame.data.error_code}: ${frame.data.message}`);
        counts.refusedQuestions += 1;
        clearTimeout(timer);
        timer = setTimeout(send, (frame.data.retry_after ?? 1) * 1000);
        return;
      default:
        fail(`${frame.type} comes unasked`);
    }
  }

  function read(frame: TurnFrame): void {
    if (!pending || frame.data.message_id !== pending.messageId)
      return fail(`${frame.type} comes for another message`);
    const { reader, answered, messageId } = pending;
    try {
      if (!reader.take(frame)) return;
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
    if (reader.attempt > 1) counts.laterAttempts += 1;
    pending = undefined;
    answered.resolve({ messageId, text: reader.text });
  }

  function fail(text: string): void {
    const failed = pending;
    pending = undefined;
    failed?.answered.reject(new Error(`${text} (message ${failed.messageId})`));
    if (!failed) spoiled ??= new Error(text);
  }
  /** What went wrong between two questions; the next one fails with it. */
  let spoiled: Error | undefined;

  connect();
  return {
    ask(question) {
      if (spoiled) return Promise.reject(spoiled);
      const answered = Promise.withResolvers<ReadAnswer>();
      pending = {
        question,
        clientMessageId: randomUUID(),
        reader: createAnswerReader(),
        answered,
        wasSent: false,
        messageId: undefined,
      };
      send();
      return answered.promise;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      ws?.terminate();
      pending?.answered.reject(new Error("the visitor has left"));
    },
  };
}

/** Frames of a turn carry a place in it; an error without one is about a frame of ours. */
function isOfTurn(frame: ServerFrame): frame is TurnFrame {
  return "cursor" in frame.data;
}
