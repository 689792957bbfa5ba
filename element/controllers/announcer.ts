import type { ChatMessage } from "../client/message.ts";
import type { Strings } from "../strings.ts";

/** What a screen reader hears: each ending once, never the pieces. */
export class Announcer {
  /** The words of the live region. */
  text = "";
  #running: ReadonlySet<string> = new Set();

  /**
   * Takes note of the messages, after they have been rendered.
   * @param textOf the plain text of an answer
   * @returns what has ended since the last time.
   */
  update(
    messages: readonly ChatMessage[],
    textOf: (id: string) => string,
    strings: Strings,
  ): readonly ChatMessage[] {
    const ended = messages.filter(
      (message) => !isUnderWay(message) && this.#running.has(keyOf(message)),
    );
    for (const { id, role, status, metadata } of ended) {
      if (status === "error" && metadata?.error) this.text = strings.failed(metadata.error.message);
      else if (role === "assistant") this.text = strings.answerReady(textOf(id));
    }
    this.#running = new Set(messages.filter(isUnderWay).map(keyOf));
    return ended;
  }
}

function isUnderWay({ status, metadata }: ChatMessage): boolean {
  return status === "sending" || metadata?.streaming === true;
}

/** A question changes its id when the server has taken it. */
function keyOf({ id, metadata }: ChatMessage): string {
  return metadata?.client_message_id ?? id;
}
