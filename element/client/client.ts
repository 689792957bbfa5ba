// The public entry of the headless client, as the package exports it ("./client"). It only names what is public;
// inside the project everything is imported from its own file.
export { askAndWait } from "./ask-and-wait.ts";
export type { StorageMode, TextArea } from "./browser-store.ts";
export { ChatClient } from "./chat-client.ts";
export { ChatError } from "./chat-error.ts";
export type { TokenProvider, WidgetConfig } from "./config.ts";
export type { ConnectionPhase } from "./connection-status.ts";
export { createChatClient, type ChatClientOptions } from "./create-chat-client.ts";
export type { ClientEnvironment } from "./environment.ts";
export type {
  ChatMessage,
  Citation,
  Feedback,
  FinishReason,
  MessageError,
  MessageMetadata,
  Source,
} from "./message.ts";
export type { Chat, ChatListState, ConnectionState, LoadState, WidgetState } from "./state.ts";
/** For programs that speak the protocol themselves. */
export type { ClientFrame, ServerFrame } from "../../api/ws/protocol.ts";
