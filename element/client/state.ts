import type { WidgetConfig } from "./config.ts";
import type { ConnectionPhase, ConnectionStatus } from "./connection-status.ts";
import { pendingQuestions, runningAnswers, type Conversation } from "./conversation.ts";
import type { ChatMessage } from "./message.ts";

export interface ConnectionState {
  readonly status: "disconnected" | "connecting" | "connected" | "error";
  readonly error?: string;
  /** Of a refusal: the server's stable code. */
  readonly errorCode?: string;
  /** Attempts since the connection was lost; 0 when it wasn't. */
  readonly reconnectAttempts: number;
  readonly phase: ConnectionPhase;
  /** Of a refusal: the close code of the socket. */
  readonly closeCode?: number;
}

/** Of a chat that has just begun only the id is known. */
export interface Chat {
  readonly id: string;
  readonly title?: string;
  /** ISO 8601. */
  readonly created_at?: string;
  readonly updated_at?: string;
}

export interface LoadState {
  readonly status: "loading" | "ready" | "error";
  readonly error?: string;
}

export interface ChatListState {
  /** `idle`: nobody has asked for it. */
  readonly status: "idle" | "loading" | "ready" | "error";
  readonly hasMore: boolean;
  readonly error?: string;
}

/** The store's published shape; `history` and `chatList` are additions. */
export interface WidgetState {
  readonly config: Readonly<WidgetConfig> | null;
  readonly connection: ConnectionState;
  readonly messages: readonly ChatMessage[];
  /** As far as they were loaded, newest first; the current one is always among them. */
  readonly chats: readonly Chat[];
  readonly currentChat: Chat | null;
  readonly streaming: {
    readonly isStreaming: boolean;
    readonly currentMessageId: string | null;
    readonly chunks: readonly string[];
  };
  /** How far the messages of the current chat are here. */
  readonly history: LoadState;
  readonly chatList: ChatListState;
}

export interface StateParts {
  readonly config: Readonly<WidgetConfig>;
  readonly connection: ConnectionStatus;
  readonly conversation: Conversation;
  readonly chats: readonly Chat[];
  readonly history: LoadState;
  readonly chatList: ChatListState;
}

/** The snapshot that a page sees. */
export function widgetState(parts: StateParts): WidgetState {
  const { config, conversation, chats, history, chatList } = parts;
  const { phase, attempts, ...reason } = parts.connection;
  const [running] = runningAnswers(conversation);
  const currentChat = findCurrent(conversation.chatId, chats);
  const isListed = !currentChat || chats.includes(currentChat);
  return {
    config,
    connection: { status: publishedStatus(phase), phase, reconnectAttempts: attempts, ...reason },
    messages: conversation.messages,
    chats: isListed ? chats : [currentChat, ...chats],
    currentChat,
    streaming: {
      isStreaming: running !== undefined || pendingQuestions(conversation).length > 0,
      currentMessageId: running?.id ?? null,
      chunks: conversation.chunks,
    },
    history,
    chatList,
  };
}

function findCurrent(chatId: string | null, chats: readonly Chat[]): Chat | null {
  if (chatId === null) return null;
  return chats.find(({ id }) => id === chatId) ?? { id: chatId };
}

function publishedStatus(phase: ConnectionPhase): ConnectionState["status"] {
  if (phase === "waiting" || phase === "offline") return "connecting";
  return phase === "refused" || phase === "exhausted" ? "error" : phase;
}
