import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { useWidgetStore, type ChatMessage } from "../../../element/react/react.ts";
import { ChatWidget } from "./seed-example.tsx";

/** The published shapes, to the letter, but that nobody else may write into them. */
interface SeedMessage {
  readonly id: string;
  readonly content: string;
  readonly role: "user" | "assistant" | "system";
  readonly timestamp: number;
  readonly status: "sending" | "sent" | "error";
  readonly metadata?: {
    readonly streaming?: boolean;
    readonly total_tokens?: number;
    readonly cost_estimate?: number;
    readonly sources?: readonly unknown[];
  };
}
interface SeedConfig {
  readonly apiUrl: string;
  readonly tenantId: string;
  readonly userId?: string | undefined;
  readonly token?: string | undefined;
  readonly theme?: "light" | "dark" | "auto" | undefined;
  readonly autoConnect?: boolean | undefined;
  readonly maxReconnectAttempts?: number | undefined;
  readonly reconnectInterval?: number | undefined;
  readonly onConnect?: (() => void) | undefined;
  readonly onDisconnect?: (() => void) | undefined;
  readonly onMessage?: ((message: ChatMessage) => void) | undefined;
  readonly onError?: ((error: Error) => void) | undefined;
}
interface SeedState {
  readonly config: SeedConfig | null;
  readonly connection: {
    readonly status: "disconnected" | "connecting" | "connected" | "error";
    readonly error?: string;
    readonly reconnectAttempts: number;
  };
  readonly messages: readonly SeedMessage[];
  readonly chats: readonly { readonly id: string }[];
  readonly currentChat: { readonly id: string } | null;
  readonly streaming: {
    readonly isStreaming: boolean;
    readonly currentMessageId: string | null;
    readonly chunks: readonly string[];
  };
}

afterEach(() => vi.unstubAllGlobals());

test("the store has the published shape, each part with its fields, and two parts more", () => {
  const store = useWidgetStore.getState();
  const published: SeedState = store;
  const accept: (config: SeedConfig) => void = store.setConfig;
  expect(accept).toBe(store.setConfig);
  expect(published.config).toBeNull();
  const state = Object.entries(store).filter(([, value]) => typeof value !== "function");
  expect(Object.fromEntries(state)).toEqual({
    config: null,
    connection: { status: "disconnected", reconnectAttempts: 0 },
    messages: [],
    chats: [],
    currentChat: null,
    streaming: { isStreaming: false, currentMessageId: null, chunks: [] },
    history: { status: "ready" },
    chatList: { status: "idle", hasMore: false },
  });
});

test("on a server the seed's example is rendered as not connected, and opens nothing", () => {
  const sockets = vi.fn();
  vi.stubGlobal("WebSocket", sockets);
  expect(globalThis).not.toHaveProperty("window");
  const html = renderToString(createElement(ChatWidget));
  expect(html).toContain('data-status="disconnected"');
  expect(html).toContain("Not connected");
  expect(sockets).not.toHaveBeenCalled();
});

test("before there is a configuration, what has something to wait for says what is missing", async () => {
  const store = useWidgetStore.getState();
  const missing = "call setConfig first";
  await expect(store.loadChats()).rejects.toThrow(missing);
  await expect(store.loadMoreChats()).rejects.toThrow(missing);
  await expect(store.renameChat("chat-1", "Title")).rejects.toThrow(missing);
  await expect(store.deleteChat("chat-1")).rejects.toThrow(missing);
  expect([store.newChat(), store.openChat("chat-1"), store.stop()]).toEqual([
    false,
    false,
    undefined,
  ]);
});
