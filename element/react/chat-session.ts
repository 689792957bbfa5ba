import { ChatClient } from "../client/chat-client.ts";
import type { WidgetConfig } from "../client/config.ts";
import type { ConnectionState, WidgetState as ClientState } from "../client/state.ts";
import { ownerKey } from "../client/storage.ts";
import { createConnectionUsers, type ConnectionUsers } from "./connection-users.ts";

/**
 * What the store shows: the published shape to the letter in each of its parts, without what only the
 * element needs; `history` and `chatList` are additions.
 */
export interface WidgetState extends Omit<ClientState, "connection"> {
  readonly connection: Pick<ConnectionState, "status" | "error" | "reconnectAttempts">;
}

/** A client for the current configuration, and who wants it connected. Knows nothing of React. */
export interface ChatSession {
  /** Undefined without a configuration. */
  readonly client: ChatClient | undefined;
  /** Another owner, as storage knows them, is another chat; anything else counts from its next use on. */
  configure(config: Readonly<WidgetConfig> | null): void;
  /** Without a configuration it is remembered until there is one. */
  connect(): void;
  /** Stays so until `connect`, a question, or the next first user. */
  disconnect(): void;
  /**
   * @param chatId another chat to go to first, or null for a new one. Default: the one that is open.
   * @returns whether it was taken; see ChatClient.ask. Never without a configuration.
   */
  ask(text: string, chatId?: string | null): boolean;
  /**
   * A component uses the connection, which opens for the first one and closes when the last has left.
   * @param autoConnect whether it wants it opened, where the configuration allows.
   */
  hold: ConnectionUsers["hold"];
}

/** One configuration's client, which must never hear of another's. */
interface Line {
  readonly settings: { config: Readonly<WidgetConfig> };
  readonly client: ChatClient;
  readonly leave: () => void;
}

export const emptyState: WidgetState = {
  config: null,
  connection: { status: "disconnected", reconnectAttempts: 0 },
  messages: [],
  chats: [],
  currentChat: null,
  streaming: { isStreaming: false, currentMessageId: null, chunks: [] },
  history: { status: "ready" },
  chatList: { status: "idle", hasMore: false },
};

/** @param publish gets the state after each change. */
export function createChatSession(publish: (state: WidgetState) => void): ChatSession {
  let line: Line | undefined;
  let wish: "automatic" | "connected" | "disconnected" = "automatic";
  const users = createConnectionUsers({
    onArrive() {
      // Only what was never tried: a refusal is not repeated for each component that appears.
      if (line?.client.state.connection.phase === "disconnected") connectIfWanted();
    },
    onEmpty() {
      wish = "automatic";
      line?.client.disconnect();
    },
  });

  const publishState = () => publish(line ? publishedState(line) : emptyState);
  const connectIfWanted = () => {
    if (!line) return;
    const isAutomatic = line.settings.config.autoConnect !== false && users.wantConnection;
    if (wish === "connected" || (wish === "automatic" && isAutomatic)) line.client.connect();
  };
  const replaceLine = (config: Readonly<WidgetConfig> | null) => {
    const old = line;
    old?.leave();
    line = config ? openLine(config, publishState) : undefined;
    publishState();
    old?.client.disconnect();
    connectIfWanted();
  };

  return {
    get client() {
      return line?.client;
    },
    configure(config) {
      const before = line?.settings.config;
      if (!line || !before || !config || ownerKey(before) !== ownerKey(config))
        return replaceLine(config);
      line.settings.config = config;
      publishState();
      if (haveOtherCredentials(before, config)) line.client.authenticate();
      if (before.autoConnect === false && config.autoConnect !== false) connectIfWanted();
    },
    connect() {
      wish = "connected";
      line?.client.connect();
    },
    disconnect() {
      wish = "disconnected";
      line?.client.disconnect();
    },
    ask(text, chatId) {
      if (!line || !goTo(line.client, chatId) || !line.client.ask(text)) return false;
      wish = "connected";
      return true;
    },
    hold: users.hold,
  };
}

/** A component may make its provider anew each time it renders: only one that comes or goes says something. */
function haveOtherCredentials(
  before: Readonly<WidgetConfig>,
  { token, apiKey, tokenProvider }: Readonly<WidgetConfig>,
): boolean {
  const isProviderNews = !before.tokenProvider !== !tokenProvider;
  return before.token !== token || before.apiKey !== apiKey || isProviderNews;
}

function openLine(config: Readonly<WidgetConfig>, onChange: () => void): Line {
  const settings = { config };
  const client = new ChatClient(() => settings.config, { instance: "react" });
  return { settings, client, leave: client.subscribe(onChange) };
}

/** @returns whether that chat is open now; see ChatClient.openChat. */
function goTo(client: ChatClient, chatId: string | null | undefined): boolean {
  const current = client.state.currentChat?.id ?? null;
  if (chatId === undefined || chatId === current) return true;
  return chatId === null ? client.newChat() : client.openChat(chatId);
}

function publishedState({ settings, client }: Line): WidgetState {
  const { status, reconnectAttempts, error } = client.state.connection;
  const reason = error ?? (status === "error" ? "The chat server can't be reached" : undefined);
  const connection = {
    status,
    reconnectAttempts,
    ...(reason === undefined ? {} : { error: reason }),
  };
  return { ...client.state, config: settings.config, connection };
}
