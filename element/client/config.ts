import type { ChatMessage } from "./message.ts";

/** Shape, names and defaults are the platform's published `WidgetConfig`. */
export interface WidgetConfig {
  /** Origin of the API, as `https://api.example.com`; a path before `/api/v1` is kept. */
  apiUrl: string;
  tenantId: string;
  userId?: string | undefined;
  /** A short-lived token for this page's user. Left out: the visitor is anonymous. */
  token?: string | undefined;
  /** Is asked for the user's token whenever one is needed, and counts instead of `token`. */
  tokenProvider?: TokenProvider | undefined;
  /** A publishable key of the tenant, `pk_…`. */
  apiKey?: string | undefined;
  /** Default "auto": the reader's own setting. */
  theme?: Theme | undefined;
  /** Default true. */
  autoConnect?: boolean | undefined;
  /** Attempts after a lost connection before it asks the reader. Default 5. */
  maxReconnectAttempts?: number | undefined;
  /** Base of the back-off, milliseconds. Default 3000. */
  reconnectInterval?: number | undefined;
  onConnect?: (() => void) | undefined;
  onDisconnect?: (() => void) | undefined;
  /** Once for each question that the server took and once for each answer that ended. */
  onMessage?: ((message: ChatMessage) => void) | undefined;
  onError?: ((error: Error) => void) | undefined;
}

/** Null: nobody is signed in. What it throws counts as a lost connection. */
export type TokenProvider = () => Promise<string | null> | string | null;

export type Theme = "light" | "dark" | "auto";

export const defaultMaxReconnectAttempts = 5;
/** Milliseconds. */
export const defaultReconnectInterval = 3000;
/** The longest question that the server takes, UTF-16 units. */
export const maxQuestionLength = 16_000;
/** So many questions may wait for a connection. */
export const maxQuestionsWaiting = 10;

/**
 * The address of something below `/api/v1`.
 * @throws TypeError when `apiUrl` is no absolute http(s) URL.
 */
export function apiUrl(config: Pick<WidgetConfig, "apiUrl">, path: string): URL {
  const url = new URL(config.apiUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError("api-url must be an http(s) URL");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/${path}`;
  url.search = "";
  url.hash = "";
  return url;
}

/**
 * The address of the chat socket; it holds no proof of anything.
 * @throws TypeError without a tenant, or as apiUrl.
 */
export function chatUrl(
  config: Pick<WidgetConfig, "apiUrl" | "tenantId" | "userId">,
  clientId: string,
): string {
  if (!config.tenantId) throw new TypeError("tenant-id is missing");
  const url = apiUrl(config, "ws/chat");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("tenant_id", config.tenantId);
  url.searchParams.set("client_id", clientId);
  if (config.userId) url.searchParams.set("user_id", config.userId);
  return url.href;
}
