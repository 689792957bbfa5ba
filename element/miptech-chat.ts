import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { answerText } from "./answer-text.ts";
import type { ChatMessage } from "./client/message.ts";
import type { WidgetState } from "./client/state.ts";
import { ConnectedElement } from "./connected-element.ts";
import { ChatsPage } from "./controllers/chats-page.ts";
import { Announcer } from "./controllers/announcer.ts";
import { Copying } from "./controllers/copying.ts";
import { Countdown } from "./controllers/countdown.ts";
import { FocusLater } from "./controllers/focus-later.ts";
import { PanelFocus, writingPlace } from "./controllers/panel-focus.ts";
import { RatingForm } from "./controllers/rating-form.ts";
import { StickToEnd } from "./controllers/stick-to-end.ts";
import { VisibleArea } from "./controllers/visible-area.ts";
import { Endings } from "./endings.ts";
import { strings } from "./strings.ts";
import { styles } from "./styles/styles.ts";
import { renderActions } from "./view/actions.ts";
import { renderBanner } from "./view/banner.ts";
import { renderChats } from "./view/chats.ts";
import { fitHeight, renderComposer } from "./view/composer.ts";
import { renderHeader } from "./view/header.ts";
import { renderLauncher } from "./view/launcher.ts";
import { renderMessage } from "./view/message.ts";
import { renderHistoryNotice } from "./view/history-notice.ts";
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
 * @csspart launcher badge panel header mark heading status show-chats new-chat back close banner log
 *   welcome suggestion question bubble answer text citation sources source source-check thinking error actions copy
 *   rate comment chats chat jump composer input send stop
 *
 * @cssproperty --miptech-accent - The colour of what can be pressed.
 * @cssproperty --miptech-on-accent - Text on the accent.
 * @cssproperty --miptech-surface, --miptech-surface-raised, --miptech-text, --miptech-muted, --miptech-line
 * @cssproperty --miptech-font, --miptech-font-mono, --miptech-radius
 * @cssproperty --miptech-width, --miptech-height - Of the panel.
 * @cssproperty --miptech-offset-x, --miptech-offset-y, --miptech-z-index - Where a floating chat stands.
 */
export class MiptechChat extends ConnectedElement {
  static override styles = styles;

  declare private _draft: string;
  declare private _unread: number;

  readonly #end = new StickToEnd(this, () => this.renderRoot.querySelector(".log"));
  readonly #countdown = new Countdown(this);
  readonly #focus = new FocusLater(this);
  readonly #announcer = new Announcer(this, strings);
  readonly #endings = new Endings();
  readonly #copying = new Copying(this, (isCopied) =>
    this.#announcer.say(isCopied ? strings.copied : strings.copyFailed),
  );
  readonly #rating = new RatingForm(this, this.#focus, (id, feedback) => this.rate(id, feedback));
  readonly #chats = new ChatsPage(this, {
    focus: this.#focus,
    strings,
    client: () => this.client,
    announce: (text) => this.#announcer.say(text),
  });
  /** What the coming render shows ended for the first time. */
  #ended: readonly ChatMessage[] = [];

  constructor() {
    super();
    this._draft = "";
    this._unread = 0;
    const isOpen = () => this.open && this.#isFloating;
    this.addController(new PanelFocus(this, isOpen));
    this.addController(new VisibleArea(this, isOpen));
  }

  show(): void {
    this.open = true;
  }

  /** Closes the panel of a floating chat; the conversation goes on. */
  hide(): void {
    this.open = false;
  }

  /** Shows the visitor's chats in the panel. */
  showChats(): void {
    this.show();
    this.#chats.open();
  }

  override ask(question: string): boolean {
    const isTaken = super.ask(question);
    if (isTaken) this.#showConversation();
    return isTaken;
  }

  /** Stops the answer; a question that had not been sent yet returns to the composer. */
  stop(): void {
    const question = this.client.stop();
    if (question !== undefined && !this._draft) this._draft = question;
  }

  override newChat(): boolean {
    const isDone = super.newChat();
    if (isDone) this.#showConversation();
    return isDone;
  }

  override openChat(chatId: string): boolean {
    const isDone = chatId === this.state.currentChat?.id || super.openChat(chatId);
    if (isDone) this.#showConversation();
    return isDone;
  }

  protected override forget(): void {
    this._draft = "";
    this._unread = 0;
    this.#rating.reset();
    this.#chats.close();
    this.#announcer.say("");
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.#ended = this.#endings.next(this.state.messages);
    const answers = this.#ended.filter(({ role }) => role === "assistant");
    this._unread = this.#isShown ? 0 : this._unread + answers.length;
  }

  protected override updated(changed: PropertyValues): void {
    const input = this.renderRoot.querySelector<HTMLTextAreaElement>(".input");
    if (input && changed.has("_draft")) fitHeight(input);
    for (const message of this.#ended) this.#announcer.sayEnded(message);
  }

  protected override render(): TemplateResult {
    const launcher = renderLauncher({
      isOpen: this.open,
      unread: this._unread,
      strings,
      onToggle: () => (this.open = !this.open),
    });
    return html`${this.#renderPanel(this.state)}${this.#isFloating ? launcher : nothing}`;
  }

  #renderPanel(state: WidgetState): TemplateResult {
    const { connection, messages, history } = state;
    const isEmpty = messages.length === 0;
    return renderPanel({
      isFloating: this.#isFloating,
      isShown: this.#isShown,
      header: this.#renderHeader(state),
      banner: renderBanner({
        connection,
        maxAttempts: this.maxReconnectAttempts,
        isSignedIn: this.client.isSignedIn,
        strings,
        onConnect: () => this.connect(),
      }),
      notice: renderHistoryNotice({
        // What has failed is loaded again with the connection.
        isLoading: history.status === "loading" || connection.status === "connecting",
        history,
        strings,
        onRetry: () => this.client.reloadHistory(),
      }),
      welcome: isEmpty && history.status === "ready" ? this.#renderWelcome(state) : nothing,
      messages,
      renderMessage: (message) => this.#renderMessage(message, state),
      composer: this.#renderComposer(state),
      chats: this.#chats.isOpen ? this.#renderChats(state) : undefined,
      isAtEnd: this.#end.isAtEnd,
      strings,
      onJump: () => this.#end.jump(),
      onKeydown: (event) => this.#press(event),
    });
  }

  #renderHeader({ connection, messages, history }: WidgetState): TemplateResult {
    const isWaiting = messages.some(({ status }) => status === "sending");
    return renderHeader({
      heading: this.heading,
      phase: connection.phase,
      isInChats: this.#chats.isOpen,
      canShowChats: connection.phase !== "refused",
      canBegin: !isWaiting && (messages.length > 0 || history.status !== "ready"),
      strings,
      onShowChats: () => this.#chats.open(),
      onBack: () => this.#chats.goBack(),
      onBegin: () => this.newChat() && this.#focus.move(writingPlace()),
      onClose: this.#isFloating ? () => this.hide() : undefined,
    });
  }

  #renderWelcome({ connection }: WidgetState): TemplateResult {
    return renderWelcome({
      greeting: this.greeting,
      suggestions: this.suggestions,
      isDisabled: connection.phase === "refused",
      strings,
      onAsk: (question) => this.ask(question),
    });
  }

  #renderComposer({ connection, messages, streaming }: WidgetState): TemplateResult {
    return renderComposer({
      draft: this._draft,
      // What is written while there is no connection can be sent, too, and waits for one.
      isBusy: streaming.isStreaming && (connection.phase === "connected" || !this._draft.trim()),
      isStopping: messages.some(({ metadata }) => metadata?.stopping),
      isDisabled: connection.phase === "refused",
      strings,
      onDraft: (text) => (this._draft = text),
      onSend: () => this.ask(this._draft) && (this._draft = ""),
      onStop: () => this.stop(),
    });
  }

  #renderChats({ chats, chatList, currentChat }: WidgetState): TemplateResult {
    const page = this.#chats;
    return renderChats({
      chats,
      currentId: currentChat?.id,
      list: chatList,
      editing: page.editing,
      strings,
      onOpen: (id) => this.openChat(id) && this.#focus.move(writingPlace()),
      onBegin: (kind, id) => page.begin(kind, id),
      onCancel: () => page.cancel(),
      onRename: (id, title) => void page.rename(id, title),
      onDelete: (id) => void page.delete(id),
      onLoad: () => void page.load(),
      onMore: () => void page.loadMore(),
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
      actions: this.#renderActions(message),
      onRetry: (id) => this.client.retry(id),
      onCopyCode: (button, code) => void this.#copying.copyCode(button, code, strings),
    });
  }

  #renderActions(message: ChatMessage): TemplateResult | typeof nothing {
    const { id, content, status, metadata } = message;
    if (status !== "sent" || metadata?.streaming || !content) return nothing;
    const rating = this.#rating;
    return renderActions({
      rating: metadata?.feedback?.rating,
      isCopied: this.#copying.answerId === id,
      comment: rating.draftFor(id),
      isThanked: rating.isThanked(id),
      strings,
      onCopy: () => void this.#copying.copyAnswer(id, answerText(message, strings.sources)),
      onRate: (value) => rating.press(message, value),
      onComment: (text) => rating.write(text),
      onSendComment: () => rating.send(),
      onSkipComment: () => rating.close(),
    });
  }

  get #isFloating(): boolean {
    return this.mode === "floating";
  }

  get #isShown(): boolean {
    return this.open || !this.#isFloating;
  }

  /** Away from the list of chats, at the conversation's end. */
  #showConversation(): void {
    this.#chats.close();
    this.#end.jump();
  }

  /** Escape leaves what lies on top. */
  #press(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing) return;
    if (this.#chats.leave()) return event.stopPropagation();
    if (!this.#isFloating) return;
    event.stopPropagation();
    this.hide();
  }
}
