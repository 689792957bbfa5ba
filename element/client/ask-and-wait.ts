import type { ChatClient } from "./chat-client.ts";
import { ChatError } from "./chat-error.ts";
import type { ChatMessage, MessageError } from "./message.ts";
import type { WidgetState } from "./state.ts";

/**
 * Asks a question, and resolves with its whole answer, through lost connections and restarts of the server; connects
 * where there is no connection.
 * @throws ChatError the code with which the question was refused or its answer failed; CONNECTION_REFUSED,
 *   CONNECTION_LOST; NOT_TAKEN see ChatClient.ask; QUESTION_GONE when it was taken back, or its chat was left. Of an
 *   abort, the signal's reason; the answer is stopped then.
 */
export function askAndWait(
  client: ChatClient,
  question: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<ChatMessage> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const id = ask(client, question);
    const end = (settle: () => void) => {
      leave();
      signal?.removeEventListener("abort", abort);
      settle();
    };
    const abort = () =>
      end(() => {
        client.stop();
        reject(signal?.reason as Error);
      });
    const look = (state: WidgetState) => {
      try {
        const answer = findAnswer(state, id);
        if (answer) end(() => resolve(answer));
      } catch (error) {
        end(() => reject(error as ChatError));
      }
    };
    const leave = client.subscribe(look);
    signal?.addEventListener("abort", abort);
    look(client.state);
  });
}

/** @returns the question's `client_message_id` */
function ask(client: ChatClient, question: string): string {
  if (!client.ask(question)) {
    const text = "The question is empty or too long, or another one is under way";
    throw new ChatError("NOT_TAKEN", text);
  }
  const id = client.state.messages.findLast(({ role }) => role === "user")?.metadata
    ?.client_message_id;
  if (id === undefined) throw new ChatError("QUESTION_GONE", "The question is no longer there");
  return id;
}

/** The finished answer, if it is there. @throws ChatError when it won't come */
function findAnswer({ messages, connection }: WidgetState, id: string): ChatMessage | undefined {
  const asked = messages.find(
    ({ role, metadata }) => role === "user" && metadata?.client_message_id === id,
  );
  if (!asked) throw new ChatError("QUESTION_GONE", "The question is no longer there");
  if (asked.status === "error") throw toError(asked.metadata?.error);
  const answer = messages.find(({ metadata }) => metadata?.reply_to === asked.id);
  if (answer?.status === "error") throw toError(answer.metadata?.error);
  if (answer && !answer.metadata?.streaming) return answer;
  if (connection.status !== "error") return undefined;
  const { errorCode, error = "The chat server can't be reached", phase } = connection;
  const code = phase === "refused" ? "CONNECTION_REFUSED" : "CONNECTION_LOST";
  throw new ChatError(errorCode ?? code, error);
}

function toError(error: MessageError | undefined): ChatError {
  const { code = "PROCESSING_ERROR", message = "The answer failed" } = error ?? {};
  return new ChatError(code, message);
}
