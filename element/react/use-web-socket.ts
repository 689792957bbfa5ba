import { useEffect } from "react";
import type { WidgetState } from "./chat-session.ts";
import { holdConnection, useWidgetStore, type WidgetActions } from "./widget-store.ts";

export interface UseWebSocketOptions {
  /** Whether this component wants the connection opened, where the configuration allows. Default true. */
  autoConnect?: boolean;
}

type SharedActions = Pick<
  WidgetActions,
  "connect" | "disconnect" | "sendChatMessage" | "stop" | "retry"
>;

export interface WebSocketHandle extends SharedActions {
  readonly isConnected: boolean;
  readonly connectionStatus: WidgetState["connection"]["status"];
  /** Why the connection was refused or lost. */
  readonly error: string | undefined;
  /** Attempts since the connection was lost; 0 when it wasn't. */
  readonly reconnectAttempts: number;
}

/**
 * The connection of the chat that `useWidgetStore` holds. All components share it: it opens with the
 * first one that is there together with a configuration, and closes when the last one has gone.
 * The component is rendered again when the connection changes, not with each piece of an answer.
 */
export function useWebSocket({ autoConnect = true }: UseWebSocketOptions = {}): WebSocketHandle {
  const { status, error, reconnectAttempts } = useWidgetStore(({ connection }) => connection);
  useEffect(() => holdConnection(autoConnect), [autoConnect]);
  const { connect, disconnect, sendChatMessage, stop, retry } = useWidgetStore.getState();
  return {
    connect,
    disconnect,
    sendChatMessage,
    stop,
    retry,
    isConnected: status === "connected",
    connectionStatus: status,
    error,
    reconnectAttempts,
  };
}
