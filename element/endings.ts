import type { ChatMessage } from "./client/message.ts";

/** Tells which messages have ended, each once: questions that were taken or refused, answers that are whole or failed. */
export class Endings {
  #running: ReadonlySet<string> = new Set();

  /** @returns what has ended since the last call. */
  next(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    const ended = messages.filter(
      (message) => !isUnderWay(message) && this.#running.has(keyOf(message)),
    );
    this.#running = new Set(messages.filter(isUnderWay).map(keyOf));
    return ended;
  }
}

function isUnderWay({ status, metadata }: ChatMessage): boolean {
  return status === "sending" || metadata?.streaming === true;
}

/** One name for a message throughout: a question changes its id when the server has taken it. */
export function keyOf({ id, metadata }: ChatMessage): string {
  return metadata?.client_message_id ?? id;
}
