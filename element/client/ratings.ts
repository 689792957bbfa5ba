import type { ServerFrame } from "../../api/ws/protocol.ts";
import type { Connection } from "./connection.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { Feedback } from "./message.ts";

/** One answer's feedback that the server has not confirmed. */
interface Unsaved {
  /** What the server had before; shown again when it refuses. */
  saved: Feedback | null;
  /** Sent, in order, and not answered. */
  waiting: (Feedback | null)[];
}

/** What the reader thinks of answers: shown at once, taken back when the server refuses it. */
export class Ratings {
  readonly #conversation: ConversationStore;
  readonly #connection: Pick<Connection, "isConnected" | "send">;
  readonly #unsaved = new Map<string, Unsaved>();

  constructor(
    conversation: ConversationStore,
    connection: Pick<Connection, "isConnected" | "send">,
  ) {
    this.#conversation = conversation;
    this.#connection = connection;
  }

  /** Does nothing for what is no answer that has ended. @param feedback null takes it back */
  rate(messageId: string, feedback: Feedback | null): void {
    const { messages } = this.#conversation.current;
    const answer = messages.find(({ id }) => id === messageId);
    if (answer?.role !== "assistant" || answer.metadata?.streaming) return;
    const saved = answer.metadata?.feedback ?? null;
    const unsaved = this.#unsaved.get(messageId) ?? { saved, waiting: [] };
    unsaved.waiting.push(feedback);
    this.#unsaved.set(messageId, unsaved);
    this.#conversation.dispatch({ type: "rated", messageId, feedback });
    this.#send(messageId, feedback);
  }

  /** Somebody else is there. */
  reset(): void {
    this.#unsaved.clear();
  }

  /** A new connection: what the last one left unanswered is sent again, the newest alone. */
  sendAll(): void {
    for (const [messageId, unsaved] of this.#unsaved) {
      const newest = unsaved.waiting.at(-1) ?? null;
      unsaved.waiting = [newest];
      this.#send(messageId, newest);
    }
  }

  /** @returns whether the frame was the answer to a rating. */
  receive(frame: ServerFrame): boolean {
    const isSaved = frame.type === "feedback_saved";
    const isRefused =
      (frame.type === "error" || frame.type === "rate_limit_exceeded") && !("cursor" in frame.data);
    const messageId = isSaved || isRefused ? frame.data.message_id : undefined;
    const unsaved = messageId === undefined ? undefined : this.#unsaved.get(messageId);
    if (messageId === undefined || !unsaved) return false;
    const answered = unsaved.waiting.shift();
    if (isSaved && answered !== undefined) unsaved.saved = answered;
    if (unsaved.waiting.length > 0) return true;
    this.#unsaved.delete(messageId);
    this.#conversation.dispatch({ type: "rated", messageId, feedback: unsaved.saved });
    return true;
  }

  #send(messageId: string, feedback: Feedback | null): void {
    if (!this.#connection.isConnected) return;
    const { rating, comment } = feedback ?? { rating: null, comment: null };
    this.#connection.send({ type: "feedback", data: { message_id: messageId, rating, comment } });
  }
}
