import { within } from "../support/deadline.ts";
import type { ReadAnswer, Visitor } from "./visitor.ts";

/** A question whose answer was read to its end. */
export interface Asked extends ReadAnswer {
  /** No other question of the run has this text. */
  readonly question: string;
}

export interface Conversation {
  /** Resolves when the first answer was read, or none will be. */
  readonly begun: Promise<void>;
  /** Never rejects. */
  readonly result: Promise<ConversationResult>;
}

export interface ConversationResult {
  readonly asked: readonly Asked[];
  /** Why it came to an end before its time. */
  readonly fault: string | undefined;
}

/** Asks one question after the other until the signal, and reads the last answer to its end too. */
export function holdConversation(
  name: string,
  visitor: Visitor,
  answerMs: number,
  stop: AbortSignal,
): Conversation {
  const asked: Asked[] = [];
  const begun = Promise.withResolvers<void>();

  async function hold(): Promise<ConversationResult> {
    try {
      while (!stop.aborted) {
        const question = `Question ${asked.length + 1} of ${name}`;
        const late = `no complete answer to "${question}" in ${answerMs} ms`;
        asked.push({ question, ...(await within(answerMs, late, visitor.ask(question))) });
        begun.resolve();
      }
      return { asked, fault: undefined };
    } catch (error) {
      return { asked, fault: `${name}: ${error instanceof Error ? error.message : String(error)}` };
    } finally {
      begun.resolve();
      visitor.close();
    }
  }

  return { begun: begun.promise, result: hold() };
}
