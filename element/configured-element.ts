import { LitElement } from "lit";
import type { StorageMode } from "./client/browser-store.ts";
import {
  defaultMaxReconnectAttempts,
  defaultReconnectInterval,
  type Theme,
  type TokenProvider,
  type WidgetConfig,
} from "./client/config.ts";
import type { ChatMessage } from "./client/message.ts";
import { elementProperties } from "./properties.ts";
import { strings } from "./strings.ts";

/** What can be set on the element, with its defaults, and how the page hears from it. */
export abstract class ConfiguredElement extends LitElement implements WidgetConfig {
  static override properties = elementProperties;

  declare tenantId: string;
  /** Default: where the script came from. */
  declare apiUrl: string;
  declare userId: string | undefined;
  declare token: string | undefined;
  declare tokenProvider: TokenProvider | undefined;
  declare apiKey: string | undefined;
  declare theme: Theme;
  declare noAutoConnect: boolean;
  declare maxReconnectAttempts: number;
  declare reconnectInterval: number;
  declare onConnect: WidgetConfig["onConnect"];
  declare onDisconnect: WidgetConfig["onDisconnect"];
  declare onMessage: WidgetConfig["onMessage"];
  declare onError: WidgetConfig["onError"];
  /** Where the browser keeps who the visitor is and which chat is open. */
  declare storage: StorageMode;
  /** Where the chat stands: above the page's corner, or where the tag is. */
  declare mode: "floating" | "inline";
  /** Of a floating chat: whether its panel shows. */
  declare open: boolean;
  declare heading: string;
  declare greeting: string;
  /** Questions that an empty chat offers. */
  declare suggestions: readonly string[];

  constructor() {
    super();
    this.tenantId = "";
    this.apiUrl = new URL(import.meta.url).origin;
    this.theme = "auto";
    this.noAutoConnect = false;
    this.maxReconnectAttempts = defaultMaxReconnectAttempts;
    this.reconnectInterval = defaultReconnectInterval;
    this.storage = "local";
    this.mode = "floating";
    this.open = false;
    this.heading = strings.heading;
    this.greeting = strings.greeting;
    this.suggestions = strings.suggestions;
  }

  /** Default true; the attribute is the opposite, since one that is there can't mean false. */
  get autoConnect(): boolean {
    return !this.noAutoConnect;
  }

  set autoConnect(value: boolean) {
    this.noAutoConnect = !value;
  }

  /** The configuration as a client reads it; callbacks come with their events. */
  protected readConfig(): WidgetConfig {
    return {
      tenantId: this.tenantId,
      apiUrl: this.apiUrl,
      userId: this.userId,
      token: this.token,
      tokenProvider: this.tokenProvider,
      apiKey: this.apiKey,
      theme: this.theme,
      autoConnect: this.autoConnect,
      maxReconnectAttempts: finiteOr(this.maxReconnectAttempts, defaultMaxReconnectAttempts),
      reconnectInterval: finiteOr(this.reconnectInterval, defaultReconnectInterval),
      onConnect: () => this.#tell("connect", undefined, () => this.onConnect?.()),
      onDisconnect: () => this.#tell("disconnect", undefined, () => this.onDisconnect?.()),
      onMessage: (message: ChatMessage) =>
        this.#tell("message", message, () => this.onMessage?.(message)),
      onError: (error) => this.#tell("error", error, () => this.onError?.(error)),
    };
  }

  #tell(name: string, detail: unknown, callback: () => void): void {
    const init = { detail, bubbles: true, composed: true };
    this.dispatchEvent(new CustomEvent(`miptech-${name}`, init));
    callback();
  }
}

function finiteOr(value: number, fallback: number): number {
  return Number.isFinite(value) ? value : fallback;
}
