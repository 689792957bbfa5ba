import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ChatClient } from "./client/chat-client.ts";
import { ConfiguredElement } from "./configured-element.ts";
import { Countdown } from "./controllers/countdown.ts";
import { PageSignals } from "./controllers/page-signals.ts";
import { StickToEnd } from "./controllers/stick-to-end.ts";
import type { ChatMessage } from "./client/message.ts";
import type { WidgetState } from "./client/state.ts";
import { Endings } from "./endings.ts";
import { strings } from "./strings.ts";
import { styles } from "./styles/styles.ts";
import { renderBanner } from "./view/banner.ts";
import { fitHeight, renderComposer } from "./view/composer.ts";
import { renderHeader } from "./view/header.ts";
import { renderLauncher } from "./view/launcher.ts";
import { renderMessage } from "./view/message.ts";
import { renderPanel } from "./view/panel.ts";
import { renderWelcome } from "./view/welcome.ts";

/**
 * A chat with a tenant's assistant: a bubble that opens a panel, or a panel in the page.
 *
 * @slot launcher-icon - The icon of the bubble.
 * @slot greeting - What an empty chat says above its suggested questions.
 * @slot footnote - The line below the composer.
 *
 * @event miptech-connect - The connection stands.
 * @event miptech-disconnect - The connection has ended.
 * @event {CustomEvent<ChatMessage>} miptech-message - A question was taken, or an answer has ended.
 * @event {CustomEvent<Error>} miptech-error - Something was refused or failed; the detail has a `code`.
 *
 * @csspart launcher badge panel header mark heading status close banner log welcome suggestion question
 *   bubble answer text citation sources source thinking error jump composer input send stop
 *
 * @cssproperty --miptech-accent - The colour of what can be pressed.
 * @cssproperty --miptech-on-accent - Text on the accent.
 * @cssproperty --miptech-surface, --miptech-surface-raised, --miptech-text, --miptech-muted, --miptech-line
 * @cssproperty --miptech-font, --miptech-font-mono, --miptech-radius
 * @cssproperty --miptech-width, --miptech-height - Of the panel.
 * @cssproperty --miptech-offset-x, --miptech-offset-y, --miptech-z-index - Where a floating chat stands.
 */
export class MiptechChat extends ConfiguredElement {
  static override styles = styles;

  declare private _draft: string;
  declare private _unread: number;

  #client: ChatClient | undefined;
  #identity = "";
  /** Whether there was a connection to keep when the element was taken from the page. */
  #wasActive = false;
  readonly #signals = new PageSignals(this, () => this.#useClient().wake());
  readonly #end = new StickToEnd(this, () => this.renderRoot.querySelector(".log"));
  readonly #countdown = new Countdown(this);
  readonly #endings = new Endings();
  /** What the coming render shows ended for the first time. */
  #ended: readonly ChatMessage[] = [];
  /** Whether the focus was in here before the last change. */
  #hadFocus = false;

  constructor() {
    super();
    this._draft = "";
    this._unread = 0;
  }

  /** What the chat knows, as a snapshot. */
  get state(): WidgetState {
    return this.#useClient().state;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#wasActive) this.connect();
  }

  override disconnectedCallback(): void {
    this.#wasActive = this.state.connection.phase !== "disconnected";
    this.disconnect();
    super.disconnectedCallback();
  }

  connect(): void {
    if (this.isConnected) this.#useClient().connect();
  }

  disconnect(): void {
    this.#useClient().disconnect();
  }

  show(): void {
    this.open = true;
  }

  /** Closes the panel of a floating chat; the conversation goes on. */
  hide(): void {
    this.open = false;
  }

  /** @returns whether the question was taken: not when it is empty, too long, or one is under way. */
  ask(question: string): boolean {
    const isTaken = this.isConnected && this.#useClient().ask(question);
    if (isTaken) this.#end.jump();
    return isTaken;
  }

  /** Stops the answer; a question that had not been sent yet returns to the composer. */
  stop(): void {
    const question = this.#useClient().stop();
    if (question !== undefined && !this._draft) this._draft = question;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const isAnotherChat = ["tenantId", "apiUrl", "userId"].some((name) => changed.has(name));
    const isNewToken = changed.has("token") && this.state.connection.phase === "refused";
    if ((isAnotherChat && this.autoConnect) || isNewToken) this.connect();

    this.#ended = this.#endings.next(this.state.messages);
    const answers = this.#ended.filter(({ role }) => role === "assistant");
    this._unread = this.#isShown ? 0 : this._unread + answers.length;
    this.#hadFocus = this.shadowRoot?.activeElement != null;
  }

  protected override updated(changed: PropertyValues): void {
    const input = this.renderRoot.querySelector("textarea");
    if (input && changed.has("_draft")) fitHeight(input);
    if (changed.has("open") && this.mode === "floating") this.#moveFocus();
    for (const message of this.#ended) this.#announce(message);
  }

  protected override render(): TemplateResult {
    const isFloating = this.mode === "floating";
    return html`${this.#renderPanel(isFloating)}${
      isFloating
        ? renderLauncher({
            isOpen: this.open,
            unread: this._unread,
            strings,
            onToggle: () => (this.open = !this.open),
          })
        : nothing
    }`;
  }

  #renderPanel(isFloating: boolean): TemplateResult {
    const { state } = this;
    const { connection, messages, streaming } = state;
    const isDisabled = connection.phase === "refused";
    return renderPanel({
      isFloating,
      isShown: this.#isShown,
      header: renderHeader({
        heading: this.heading,
        phase: connection.phase,
        strings,
        onClose: isFloating ? () => this.hide() : undefined,
      }),
      banner: renderBanner({
        connection,
        isOnline: this.#signals.isOnline,
        maxAttempts: this.maxReconnectAttempts,
        strings,
        onConnect: () => this.connect(),
      }),
      welcome: renderWelcome({
        greeting: this.greeting,
        suggestions: this.suggestions,
        isDisabled,
        strings,
        onAsk: (question) => this.ask(question),
      }),
      messages,
      renderMessage: (message) => this.#renderMessage(message, state),
      composer: renderComposer({
        draft: this._draft,
        isBusy: streaming.isStreaming,
        isStopping: messages.some(({ metadata }) => metadata?.stopping),
        isDisabled,
        strings,
        onDraft: (text) => (this._draft = text),
        onSend: () => this.ask(this._draft) && (this._draft = ""),
        onStop: () => this.stop(),
      }),
      isAtEnd: this.#end.isAtEnd,
      strings,
      onJump: () => this.#end.jump(),
      onKeydown: (event) => this.#press(event),
    });
  }

  #renderMessage(message: ChatMessage, { connection, streaming }: WidgetState): TemplateResult {
    return renderMessage({
      message,
      isConnected: connection.phase === "connected",
      heading: this.heading,
      retryIn: this.#countdown.secondsUntil(message.metadata?.error?.retryAt),
      canRetry: !streaming.isStreaming,
      strings,
      onRetry: (id) => this.#useClient().retry(id),
    });
  }

  get #isShown(): boolean {
    return this.open || this.mode === "inline";
  }

  /** The client of this tenant, API and user; another one of these is another chat. */
  #useClient(): ChatClient {
    const identity = JSON.stringify([this.tenantId, this.apiUrl, this.userId]);
    if (this.#client && this.#identity === identity) return this.#client;
    this.#client?.disconnect();
    this.#identity = identity;
    this.#client = new ChatClient(() => this.readConfig(), { instance: this.#instance() });
    this.#client.subscribe(() => this.requestUpdate());
    return this.#client;
  }

  /** Tells the chats of one page apart, and is the same after a reload. */
  #instance(): string {
    return this.id || String([...document.querySelectorAll(this.localName)].indexOf(this));
  }

  #press(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || this.mode !== "floating") return;
    event.stopPropagation();
    this.hide();
  }

  #moveFocus(): void {
    const find = (selector: string) => this.renderRoot.querySelector<HTMLElement>(selector);
    if (this.open) {
      // On a touch screen the keyboard would cover the chat before it was seen.
      find(matchMedia("(pointer: coarse)").matches ? ".panel" : "textarea")?.focus({
        preventScroll: true,
      });
    } else if (this.#hadFocus) {
      find(".launcher")?.focus({ preventScroll: true });
    }
  }

  /** Lets a screen reader say how a message ended; the pieces of an answer are never spoken. */
  #announce({ id, role, status, metadata }: ChatMessage): void {
    const region = this.renderRoot.querySelector(".announcer");
    if (!region) return;
    if (status === "error" && metadata?.error)
      region.textContent = strings.failed(metadata.error.message);
    else if (role === "assistant") region.textContent = strings.answerReady(this.#textOf(id));
  }

  #textOf(messageId: string): string {
    const answers = [...this.renderRoot.querySelectorAll<HTMLElement>(".answer")];
    return (
      answers.find(({ dataset }) => dataset["id"] === messageId)?.querySelector(".prose")
        ?.textContent ?? ""
    );
  }
}
