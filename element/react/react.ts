// The public entry of the React binding, as the package exports it ("./react"). It only names what is
// public; inside the project everything is imported from its own file.
export { useWebSocket, type UseWebSocketOptions, type WebSocketHandle } from "./use-web-socket.ts";
export {
  useWidgetStore,
  type SendOptions,
  type WidgetActions,
  type WidgetStore,
} from "./widget-store.ts";
export type { WidgetState } from "./chat-session.ts";
export { ChatWidget } from "./chat-widget.tsx";
export type { ChatWidgetProps } from "./element-settings.ts";
export { ConnectionStatus, type ConnectionStatusProps } from "./connection-status.tsx";
export type { Theme, TokenProvider, WidgetConfig } from "../client/config.ts";
export type { ChatMessage, Feedback, MessageMetadata, Source } from "../client/message.ts";
export type { Chat, ChatListState, LoadState } from "../client/state.ts";
export type { ChatError } from "../client/chat-error.ts";
export type { MiptechChat } from "../miptech-chat.ts";
