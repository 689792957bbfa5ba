import type { PropertyValues } from "lit";
import type { ChatClient } from "./client/chat-client.ts";
import { createChatClient } from "./client/create-chat-client.ts";
import type { Feedback } from "./client/message.ts";
import type { WidgetState } from "./client/state.ts";
import { ConfiguredElement } from "./configured-element.ts";

/** The element's client: made from the configuration, connected while the element is on the page. */
export abstract class ConnectedElement extends ConfiguredElement {
  #client: ChatClient | undefined;
  #identity = "";
  #instance: string | undefined;
  /** Whether there was a connection to keep when the client was left. */
  #wasActive = false;

  /** What the chat knows, as a snapshot. */
  get state(): WidgetState {
    return this.client.state;
  }

  /** The client of this tenant, API and user label; another one of these is another chat. */
  protected get client(): ChatClient {
    const { tenantId, apiUrl, userId, storage } = this;
    const identity = JSON.stringify([tenantId, apiUrl, userId, storage]);
    if (this.#client && this.#identity === identity) return this.#client;
    if (this.#client) this.forget();
    this.#leave();
    this.#identity = identity;
    this.#client = createChatClient(() => this.readConfig(), {
      storage,
      instance: () => this.#findInstance(),
      onForget: () => this.forget(),
    });
    this.#client.subscribe(() => this.requestUpdate());
    return this.#client;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#wasActive) this.connect();
  }

  override disconnectedCallback(): void {
    this.#leave();
    super.disconnectedCallback();
  }

  /** Opens the connection, and brings back the chat that was open before a reload. */
  connect(): void {
    if (this.isConnected) this.client.connect();
  }

  /** Closes the connection; what was said stays. */
  disconnect(): void {
    this.#wasActive = false;
    this.client.disconnect();
  }

  /** See ChatClient.authenticate. */
  authenticate(): void {
    this.client.authenticate();
  }

  /** Somebody else is there: what the element itself holds of the reader before has to go. */
  protected abstract forget(): void;

  /** See ChatClient.ask. */
  ask(question: string): boolean {
    return this.isConnected && this.client.ask(question);
  }

  /** Leaves the chat for a new one. @returns whether it was done: not while a question waits to be taken. */
  newChat(): boolean {
    return this.client.newChat();
  }

  /** Goes to another of the visitor's chats. @returns as newChat */
  openChat(chatId: string): boolean {
    return this.client.openChat(chatId);
  }

  /** Says what the reader thinks of an answer that has ended; null takes it back. */
  rate(messageId: string, feedback: Feedback | null): void {
    this.client.rate(messageId, feedback);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = this.#client;
    if (this.client !== before || !this.hasUpdated) {
      if (this.autoConnect || this.#wasActive) this.connect();
    } else if (this.#hasOtherCredentials(changed)) {
      this.authenticate();
    }
  }

  /** A framework may make its provider anew each time it renders: only one that comes or goes says something. */
  #hasOtherCredentials(changed: PropertyValues<this>): boolean {
    const isProviderNews =
      changed.has("tokenProvider") && !changed.get("tokenProvider") !== !this.tokenProvider;
    return changed.has("token") || changed.has("apiKey") || isProviderNews;
  }

  #leave(): void {
    if (!this.#client) return;
    this.#wasActive = this.#client.state.connection.phase !== "disconnected";
    this.#client.disconnect();
  }

  /** Tells the chats of one page apart, and is the same after a reload. */
  #findInstance(): string {
    if (!this.isConnected) return this.id || "0";
    const root = this.getRootNode();
    const among = root instanceof ShadowRoot ? root : document;
    const place = [...among.querySelectorAll(this.localName)].indexOf(this);
    return (this.#instance ??= this.id || String(place));
  }
}
