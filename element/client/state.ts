import type { WidgetConfig } from "./config.ts";
import type { ConnectionPhase, ConnectionStatus } from "./connection-status.ts";
import { pendingQuestion, runningAnswer, type Conversation } from "./conversation.ts";
import type { ChatMessage } from "./message.ts";

export interface ConnectionState {
  readonly status: "disconnected" | "connecting" | "connected" | "error";
  readonly error?: string;
  /** Attempts since the connection was lost; 0 when it wasn't. */
  readonly reconnectAttempts: number;
  readonly phase: ConnectionPhase;
  /** Of a refusal: the close code of the socket. */
  readonly closeCode?: number;
}

export interface Chat {
  readonly id: string;
}

/** The store's published shape. */
export interface WidgetState {
  readonly config: Readonly<WidgetConfig> | null;
  readonly connection: ConnectionState;
  readonly messages: readonly ChatMessage[];
  readonly chats: readonly Chat[];
  readonly currentChat: Chat | null;
  readonly streaming: {
    readonly isStreaming: boolean;
    readonly currentMessageId: string | null;
    readonly chunks: readonly string[];
  };
}

/** The snapshot that a page sees. */
export function widgetState(
  config: Readonly<WidgetConfig>,
  { phase, attempts, error, closeCode }: ConnectionStatus,
  conversation: Conversation,
): WidgetState {
  const running = runningAnswer(conversation);
  const chat = conversation.chatId === null ? null : { id: conversation.chatId };
  return {
    config,
    connection: {
      status: publishedStatus(phase),
      phase,
      reconnectAttempts: attempts,
      ...(error === undefined ? {} : { error }),
      ...(closeCode === undefined ? {} : { closeCode }),
    },
    messages: conversation.messages,
    chats: chat ? [chat] : [],
    currentChat: chat,
    streaming: {
      isStreaming: running !== undefined || pendingQuestion(conversation) !== undefined,
      currentMessageId: running?.id ?? null,
      chunks: conversation.chunks,
    },
  };
}

function publishedStatus(phase: ConnectionPhase): ConnectionState["status"] {
  if (phase === "waiting") return "connecting";
  return phase === "refused" || phase === "exhausted" ? "error" : phase;
}
