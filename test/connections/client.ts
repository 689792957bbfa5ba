import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import type { ServerFrame, TurnFrame } from "../../api/ws/protocol.ts";
import { createAnswerReader } from "../support/answer-reader.ts";
import { digest } from "./digest.ts";
import type { ClientPlan, StreamedAnswer } from "./messages.ts";

/** A connection that must not be dropped. */
export interface HeldClient {
  /** So far. */
  readonly pings: number;
  /** `response_chunk` frames so far. */
  readonly chunks: number;
  /** Asks, and reads the answer to its end. Rejects with what is wrong with it. */
  ask(question: string): Promise<StreamedAnswer>;
  close(): Promise<void>;
}

/**
 * Opens a connection and is greeted.
 * @param onDrop is told when it ends before it is closed. @throws Error when it is refused.
 */
export async function openClient(
  { url, tenantId }: ClientPlan,
  onDrop: (text: string) => void,
): Promise<HeldClient> {
  const ws = new WebSocket(`${url}?${new URLSearchParams({ tenant_id: tenantId }).toString()}`);
  const greeted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let pings = 0;
  let chunks = 0;
  let isClosing = false;
  let turn: ReturnType<typeof createTurn> | undefined;

  ws.on("ping", () => (pings += 1)); // the library has answered it
  ws.on("error", (error) => greeted.reject(error)); // a close follows
  ws.on("close", (code) => {
    const text = `a connection was dropped (${code})`;
    greeted.reject(new Error(text));
    turn?.answered.reject(new Error(text));
    closed.resolve();
    if (!isClosing) onDrop(text);
  });
  ws.on("message", (data: Buffer) => {
    const frame: ServerFrame = JSON.parse(data.toString());
    if (frame.type === "connection_established") return greeted.resolve();
    if (frame.type === "response_chunk") chunks += 1;
    turn?.take(frame);
  });
  await greeted.promise;

  return {
    get pings() {
      return pings;
    },
    get chunks() {
      return chunks;
    },
    ask(question) {
      turn = createTurn();
      const data = { message: question, chat_id: null, client_message_id: randomUUID() };
      ws.send(JSON.stringify({ type: "chat_message", data }));
      return turn.answered.promise;
    },
    async close() {
      isClosing = true;
      ws.close(1000);
      await closed.promise;
    },
  };
}

function createTurn() {
  const answered = Promise.withResolvers<StreamedAnswer>();
  const reader = createAnswerReader();
  return {
    answered,
    take(frame: ServerFrame): void {
      if (frame.type === "processing") return;
      try {
        if (!isOfTurn(frame)) throw new Error(`${frame.type} comes: ${JSON.stringify(frame.data)}`);
        if (!reader.take(frame)) return;
        answered.resolve({ messageId: frame.data.message_id, digest: digest(reader.text) });
      } catch (error) {
        answered.reject(error);
      }
    },
  };
}

/** An error without a place in a turn is about a frame of ours. */
function isOfTurn(frame: ServerFrame): frame is TurnFrame {
  return "cursor" in frame.data;
}
