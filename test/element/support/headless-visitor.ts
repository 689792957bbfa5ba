import { ChatClient } from "../../../element/client/chat-client.ts";
import { browserEnvironment, type ClientEnvironment } from "../../../element/client/environment.ts";
import type { ChatMessage } from "../../../element/client/message.ts";
import type { PendingQuestion } from "../../../element/client/pending-questions.ts";
import type { ClientStorage } from "../../../element/client/storage.ts";
import type { ReadAnswer, Visitor } from "../../restarts/visitor.ts";

interface Waiting {
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A visitor in front of the element's own client, with the settings that it has by itself. Whatever the
 * page would be told of as an error is one.
 */
export function createHeadlessVisitor(apiUrl: string, tenantId: string): Visitor {
  let waiting: Waiting | undefined;
  /** What went wrong between two questions; the next one fails with it. */
  let spoiled: Error | undefined;

  function fail(text: string): void {
    const error = new Error(text);
    if (waiting) waiting.reject(error);
    else spoiled ??= error;
  }

  function receive(message: ChatMessage): void {
    if (message.status === "error")
      return fail(`a ${message.role} message shows ${message.metadata?.error?.code}`);
    if (message.role !== "assistant") return;
    const { id, content, metadata } = message;
    if (metadata?.finish_reason !== "stop") return fail(`it ends with ${metadata?.finish_reason}`);
    waiting?.resolve({ messageId: id, text: content });
    waiting = undefined;
  }

  const config = {
    apiUrl,
    tenantId,
    onMessage: receive,
    onError: (error: Error) => fail(`the page is told: ${error.message}`),
  };
  const client = new ChatClient(() => config, { environment, storage: createMemoryStorage() });
  client.connect();
  return {
    ask(question) {
      if (spoiled) return Promise.reject(spoiled);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (!client.ask(question)) fail("the question was not taken");
      });
    },
    close: () => client.disconnect(),
  };
}

/** A page that is alone: what others of its origin say doesn't reach it. */
const environment: ClientEnvironment = {
  ...browserEnvironment,
  openChannel: () => ({ post: () => undefined, close: () => undefined }),
  pageOrigin: "",
};

function createMemoryStorage(): ClientStorage {
  let clientId: string | undefined;
  let token: string | undefined;
  let chatId: string | undefined;
  let questions: readonly PendingQuestion[] = [];
  return {
    user: null,
    recognise: () => undefined,
    forget: () => undefined,
    clientId: (make) => (clientId ??= make()),
    visitorToken: () => token,
    saveVisitorToken: (given) => void (token = given),
    dropVisitorToken: () => void (token = undefined),
    chatId: () => chatId,
    saveChatId: (id) => void (chatId = id ?? undefined),
    pendingQuestions: () => questions,
    savePendingQuestions: (given) => void (questions = given),
    claimPendingQuestions: () => undefined,
  };
}
